/// Every limit of the vault, with its reason.
package enum Limits {
    /// Plaintext bytes sealed by one GCM call: the size at which swift-crypto is fastest
    /// (FACTS.md), and the least that a range read has to open.
    package static let chunkBytes = 64 * 1024
    /// The GCM tag after every chunk (NIST SP 800-38D).
    package static let tagBytes = 16
    /// The random salt before every segment.
    package static let saltBytes = 32
    /// Plaintext bytes in a pack: large enough that objects follow bytes, small enough that an
    /// upload needs a few packs' worth of memory.
    package static let packPlaintextBytes = 8 * 1024 * 1024
    /// Versions in a pack: bounds the table of contents and with it a catalogue record.
    package static let packVersions = 4096
    /// A sidecar is opened whole; it holds a media type and edits, not content.
    package static let sidecarBytes = 1024 * 1024
    /// The most a pack may take on disk: the content of one full pack, or of one version and
    /// sidecars beyond it, with framing. Decoders refuse more before they allocate.
    package static let packBytes = 32 * 1024 * 1024
    /// A catalogue record: 4,096 versions of two entries, about 110 bytes each, and fragments.
    package static let recordBytes = 4 * 1024 * 1024
    /// A catalogue file is closed once it is this long, so that files stay easy to copy.
    package static let catalogueFileBytes = 64 * 1024 * 1024
    /// Data and parity shards together; the matrix lives in GF(2^8) and a fragment names its index
    /// in one byte.
    package static let shards = 32
    /// Callers' versions that may wait for a group commit; beyond it `put` refuses, so that
    /// memory stays bounded and load is shed with an answer.
    package static let waitingBytes = 64 * 1024 * 1024
    /// Packs of uploads that grow in memory at once, 8 MiB each; further uploads wait for a place
    /// before their second chunk.
    package static let growingPacks = 16
    /// Packs of uploads that are cut into fragments and written at once, 20 MiB each: enough to
    /// keep two cores and a disk busy.
    package static let storingPacks = 2
    /// How long an upload waits for a place: shorter than a connection may be silent.
    package static let placeWaitSeconds = 20
    /// Packs whose fragments are watched, at some 2 KiB each; the watch starts afresh beyond it.
    package static let watchedPacks = 8_192
    /// Packs whose fragments wait for their first check; further ones wait for their next read.
    package static let waitingChecks = 1_024
    /// Pause after a mend that failed, for its provider is away.
    package static let mendRetrySeconds = 10
    /// Fragments that one step of a sweep looks at: some milliseconds.
    package static let sweptFragments = 512
    /// Packs that a sweep remembers before it decides about them, at some 1 KiB each.
    package static let sweptPacks = 16_384
    /// Requests of `openStream` hand out this much at a time.
    package static let streamPieceBytes = 1024 * 1024
    /// Unwrapped ring keys kept in memory; the cache starts afresh beyond it.
    package static let cachedCompartments = 65_536
}
