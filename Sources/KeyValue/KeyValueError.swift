/// Why an operation on a key-value folder failed.
///
/// Names the folder and, in RocksDB's own words, the file and offset. It never carries a value, and
/// carries no key except where RocksDB prints one of its own internal keys in hexadecimal.
package struct KeyValueError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The folder does not exist, is locked by another process, or cannot be opened.
        case cannotOpen
        /// `close()` was called before.
        case closed
        /// A write was tried on a store that was opened read-only.
        case readOnly
        /// A checksum or the structure of a file is wrong: restore or rebuild the folder.
        case damaged
        /// No space left; the store refuses writes until it is opened again.
        case full
        /// Anything else that the operating system or RocksDB reports.
        case failed
    }

    package let code: Code
    /// The folder.
    package let path: String
    /// What went wrong, printable ASCII, at most `detailMax` characters.
    package let detail: String

    /// Enough for a message with a file name, an offset and two checksums.
    package static let detailMax = 300

    init(_ code: Code, path: String, detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// Sorts RocksDB's message by the status name that it starts with.
    init(message: String, path: String, otherwise code: Code = .failed) {
        let printable = message.unicodeScalars.lazy.filter { $0.isASCII && $0.value >= 0x20 }
        var detail = String(String.UnicodeScalarView(printable.prefix(KeyValueError.detailMax)))
        if detail.isEmpty { detail = "no message" }
        switch true {
        case message.hasPrefix("Corruption"): self.init(.damaged, path: path, detail: detail)
        case message.contains("No space left"): self.init(.full, path: path, detail: detail)
        default: self.init(code, path: path, detail: detail)
        }
    }

    package var description: String { "key-value store \(path): \(code): \(detail)" }
}
