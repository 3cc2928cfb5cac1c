import CairnClient
import FHIR
import Identity

/// Why a command did not do its work: what a person reads, and what a script branches on.
struct CommandFailure: Error, Sendable, Hashable {
    let exit: CommandStatus
    /// A stable code.
    let code: String
    let message: String
    let hint: String

    init(_ exit: CommandStatus, _ code: String, _ message: String, hint: String) {
        self.exit = exit
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func usage(_ message: String, hint: String) -> CommandFailure {
        CommandFailure(.usage, "usage", message, hint: hint)
    }

    /// Any error of the layers below, told as a command's failure.
    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as ClientError:
            self.init(
                CommandFailure.exit(error), error.code, error.message, hint: error.hint)
        case let error as KeyFileError:
            self.init(
                .usage, error.code.rawValue, "\(error.path): \(error.message)", hint: error.hint)
        case let error as ProofRefusal:
            self.init(
                .checkFailed, error.reason.rawValue, "the proof does not hold: \(error.message)",
                hint: "do not rely on it; ask for a new one, and compare the trust file")
        case let error as JSONError:
            self.init(
                .server, "unexpected-answer", error.description,
                hint: "check that the address is a Cairn server's")
        case is CancellationError:
            self.init(.server, "interrupted", "interrupted", hint: "run it again")
        default:
            self.init(
                .server, "internal", "something unexpected went wrong",
                hint: "run it again; if it stays, report it with the command line")
        }
    }

    private static func exit(_ error: ClientError) -> CommandStatus {
        switch error {
        case .unreachable, .server, .unexpected: .server
        case .refused, .notFound, .follows: .refused
        case .file: .usage
        }
    }

    /// What goes to stderr: an object for `--json`, else two lines.
    func text(asJSON: Bool) -> String {
        guard asJSON else {
            let error = "error: \(TerminalText.escaped(message))\n"
            return hint.isEmpty ? error : error + "hint: \(TerminalText.escaped(hint))\n"
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.member("hint", hint)
        writer.endObject()
        writer.endObject()
        return String(decoding: TerminalText.json(writer.bytes), as: UTF8.self) + "\n"
    }
}

/// Ends a command with a status after it has told all there is to tell.
struct QuietExit: Error {
    let status: CommandStatus
}
