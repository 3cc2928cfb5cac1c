import NIOCore

/// Every bound of the HTTP surface, in one place, each with its reason.
package enum GatewayLimits {
    // MARK: Connections

    /// Connections that the kernel keeps until they are accepted: a burst of a hospital's morning.
    static let backlog = 1_024
    /// Open connections at once, at some 30 KB each; more wait in the backlog.
    static let connectionsMax = 1_024
    /// Open connections beyond which the one that has been idle longest is closed for a new one, so
    /// that silent ones never fill the places.
    static let connectionsComfortable = 896
    /// Connections of other members' nodes: each keeps a few, and networks have some hundred nodes.
    static let peerConnectionsMax = 512
    /// Silence after which a connection is closed, also one that sends its header drop by drop.
    static let idleTimeout = TimeAmount.seconds(60)
    /// How long the rest of a body is read and thrown away after an early answer, so that the
    /// client sees the answer before the connection closes.
    static let lingerTimeout = TimeAmount.seconds(5)

    // MARK: Heads

    /// All header fields together: a stamp (8 KiB at most), a signature and a token, with room.
    static let headerBytesMax = 48 * 1024
    /// Header fields: ours are some 20.
    static let headerFieldsMax = 100
    /// Path and query: long searches go by POST to `_search`.
    static let targetBytesMax = 16 * 1024
    /// Media types that are kept with a file, and `Accept` lines that are looked at.
    static let mediaTypeBytesMax = 255

    // MARK: Bodies

    /// One FHIR resource or bundle (issue 2, point 4).
    static let jsonBodyBytesMax = 32 * 1024 * 1024
    /// Items with their contents, for the ledger API.
    static let submitBodyBytesMax = 16 * 1024 * 1024
    /// Items of one submission.
    static let submitItemsMax = 8_192
    /// Blocks, or timestamps, of one answer.
    static let pageItemsMax = 100
    /// Transactions of one answer: a block may hold some ten thousand.
    static let pageTransactionsMax = 500
    /// The form of a POST search: 200 parameters.
    static let formBodyBytesMax = 64 * 1024
    /// Asking for a token takes an empty object.
    static let tokenBodyBytesMax = 4 * 1024
    /// A file that may be answered inside JSON, as base64.
    static let embeddedFileBytesMax = 32 * 1024 * 1024
    /// Bodies in memory at once. Parsed, a body takes a few times its size: this bounds the peak,
    /// and still lets the largest body stand beside small ones.
    static let bodyBudgetBytes = 48 * 1024 * 1024
    /// Bodies up to this size are not counted: the number of connections bounds them.
    static let uncountedBodyBytes = 16 * 1024
    /// How long a body waits for room; shorter than the idle timeout.
    package static let budgetWaitSeconds = 20
    /// Bodies that wait for room; further ones are refused at once.
    static let budgetWaitersMax = 256
    /// How long one body in memory may take to arrive: 32 MiB at 1 Mbit/s. Files are not bound by
    /// it.
    static let bodySecondsMax: UInt64 = 300

    // MARK: Observability

    /// Label combinations that are kept; a mistake in labels must not take the memory.
    static let metricSeriesMax = 4_096
    /// A log file is rotated at this size.
    static let logFileBytesMax = 32 * 1024 * 1024
    /// Rotated log files that are kept besides the current one.
    static let logFilesKept = 4
}
