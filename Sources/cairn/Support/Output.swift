import FHIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output and error, written at once: nothing is lost when the process ends.
enum Output {
    /// One line; control characters in it are escaped.
    static func line(_ text: String) {
        write(STDOUT_FILENO, Array((TerminalText.escaped(text) + "\n").utf8))
    }

    /// Bytes as they are: a file's content.
    static func raw(_ bytes: [UInt8]) { write(STDOUT_FILENO, bytes) }

    /// JSON on lines of its own.
    static func json(_ bytes: [UInt8]) { raw(TerminalText.json(bytes) + [0x0a]) }

    /// To stderr, as it is: whoever calls has escaped what came from elsewhere.
    static func error(_ text: String) { write(STDERR_FILENO, Array(text.utf8)) }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    private static func write(_ file: CInt, _ bytes: [UInt8]) {
        var position = 0
        while position < bytes.count {
            let start = position
            let count = bytes.withUnsafeBytes {
                writeBytes(file, UnsafeRawBufferPointer(rebasing: $0[start...]))
            }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more; there is nobody to tell either.
            guard count > 0 else { return }
            position += count
        }
    }
}

// `write` inside `Output` is its own; this reaches the C library's.
private func writeBytes(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}
