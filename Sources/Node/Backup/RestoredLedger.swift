import Glibc
import LedgerCore
import Synchronization

/// `DIR/restored`: the ledger in this folder came from a backup, and others may be ahead of it.
///
/// Where this node orders, it takes nothing in until a node of every other member has said how far
/// it is: ordering in the place of blocks that others hold would be a second history, under the
/// same key. A node that follows needs no such care, for it takes the ledger from another.
package final class RestoredLedger: Sendable {
    private let path: String
    private let missing: Mutex<Set<Identifier>>
    /// Whether the node may not order yet, as of the start.
    package let isHeld: Bool

    init(
        _ directory: DataDirectory, _ identity: NodeIdentity, _ members: PeerDirectory
    ) throws {
        path = directory.restored
        var others = Set<Identifier>()
        if FileSystem.exists(path), identity.membership == nil {
            // Only those who can be ahead: who has a node in service.
            for node in try members.nodes() where !node.isRetired && node.member != identity.member
            {
                others.insert(node.member)
            }
        }
        missing = Mutex(others)
        isHeld = !others.isEmpty
        if !isHeld, FileSystem.exists(path) { unlink(path) }
    }

    /// Why nothing is taken in; `nil` where the node may order.
    package var problem: NodeError? {
        let missing = missing.withLock { $0.sorted() }
        guard !missing.isEmpty else { return nil }
        let names = missing.map(\.description).joined(separator: ", ")
        return NodeError(
            .unavailable,
            "this ledger was restored from a backup, and it is not known yet whether a member is "
                + "ahead of it: \(names)",
            hint: "it goes on by itself once a node of each has connected; where one never will, "
                + "stop this node, remove \(path) and start it again")
    }

    /// A node of that member is not ahead. Returns whether that was the last one.
    func heard(_ member: Identifier) -> Bool {
        missing.withLock { missing in
            guard missing.remove(member) != nil, missing.isEmpty else { return false }
            unlink(path)
            return true
        }
    }

    /// What stops a node that has lost blocks.
    static func lost(_ node: Identifier, from height: UInt64, head: UInt64) -> NodeError {
        NodeError(
            .halted,
            "halted at height \(head): node \(node) holds blocks up to \(height - 1) that this "
                + "node ordered and has lost; its folder is older than what members hold",
            hint: "restore a newer backup; ordering from here would be a second history")
    }
}
