import Identity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Opens wallets, and asks for passphrases where the terminal does not show them.
enum WalletOpening {
    /// Characters of a line that are read; passphrases are shorter.
    private static let lineBytesMax = 4096

    static func open(_ path: String) throws -> Wallet {
        let file = try WalletFile.read(path)
        guard file.isLocked else { return try file.unlock(passphrase: nil) }
        return try file.unlock(passphrase: try passphrase("passphrase of \(path): "))
    }

    /// CAIRN_PASSPHRASE, or what is typed.
    static func passphrase(_ prompt: String) throws -> String {
        if let known = Environment.value("CAIRN_PASSPHRASE") { return known }
        return try typed(prompt)
    }

    /// A new passphrase: typed twice.
    static func newPassphrase() throws -> String {
        if let known = Environment.value("CAIRN_PASSPHRASE") { return known }
        let first = try typed("new passphrase: ")
        guard first == (try typed("again: ")) else {
            throw CommandFailure.usage("the two passphrases differ", hint: "run it again")
        }
        return first
    }

    /// Reads a line from the terminal itself, without echo.
    private static func typed(_ prompt: String) throws -> String {
        let terminal = openFile("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw CommandFailure.usage(
                "the wallet is locked and there is no terminal to ask on",
                hint: "set CAIRN_PASSPHRASE")
        }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else {
            throw CommandFailure.usage(
                "the terminal cannot be made silent", hint: "set CAIRN_PASSPHRASE")
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal, TCSAFLUSH, &before) }
        say(terminal, TerminalText.escaped(prompt))
        defer { say(terminal, "\n") }
        var bytes = [UInt8]()
        var byte: UInt8 = 0
        while bytes.count < lineBytesMax, read(terminal, &byte, 1) == 1, byte != 0x0a {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func say(_ terminal: CInt, _ text: String) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }
}

// `open` inside `WalletOpening` is its own; this reaches the C library's.
private func openFile(_ path: String, _ flags: CInt) -> CInt { open(path, flags) }
