/// Puts opaque entries into one order that every node of a channel sees alike.
///
/// Contract:
/// - An entry that `submit` takes is delivered at most once more than it was handed in; the
///   submitter MUST NOT acknowledge before a batch with it is durable.
/// - `next` is for one consumer and delivers batches of consecutive heights.
/// - After `close` nothing is taken in; `next` delivers what is there, and then `nil`.
package protocol OrderingService: Sendable {
    /// Whether another node decides: what is handed in may wait for it without end.
    var decidesElsewhere: Bool { get }
    /// What an operator sees.
    var status: OrderingStatus { get }
    /// Hands an entry in, or throws without keeping it.
    func submit(_ bytes: [UInt8]) async throws(OrderingError)
    /// The next batch; `nil` after `close()`, or if the task is cancelled.
    func next() async -> OrderedBatch?
    /// Takes nothing in from now on. A second call does nothing.
    func close()
}
