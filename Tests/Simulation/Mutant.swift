/// Mistakes that the simulator can make on purpose, to show that it would see them. Each is made in
/// what the simulator itself puts around the product's code: its disk, its store, its client.
enum Mutant: String, CaseIterable, Sendable {
    /// A sync returns without having made anything durable.
    case missingFsync = "missing-fsync"
    /// A client is answered before its block is written.
    case earlyAcknowledgement = "early-acknowledgement"
    /// A start takes the chain's last record for one that was never finished, and cuts it off.
    case lostTail = "lost-tail"
    /// The store does not remember which transactions were accepted.
    case doubleApply = "double-apply"
    /// The store gives its entries out of order.
    case unsortedState = "unsorted-state"
    /// The store keeps the entries of its last commit over a crash, and its head not.
    case blockTwice = "block-twice"
    /// A transaction is handed in before its content is kept.
    case contentLate = "content-late"
}

/// What must hold did not.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = what }
}
