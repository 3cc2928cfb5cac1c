/// How a command ended.
enum CommandStatus: Int32, Sendable {
    case done = 0
    /// What was asked to be checked does not hold.
    case checkFailed = 1
    /// The command line, or a file that it names, cannot be used.
    case usage = 2
    /// The server will not.
    case refused = 3
    /// Nobody answers, or the server failed.
    case server = 4

    static let help = """
        EXIT CODES: 0 done, 1 a check failed, 2 wrong usage, 3 refused by the server, \
        4 unreachable or server error.
        """

    /// A command's discussion: its examples, and the exit codes.
    static func discussion(examples: String) -> String { "EXAMPLES:\n\(examples)\n\n\(help)" }
}
