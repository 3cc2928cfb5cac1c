import Foundation

/// `cairn serve` on a free port of this machine. It is killed when nobody holds it any more.
final class RunningServer: Sendable {
    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    let data: String
    let url: String
    private let child: ChildProcess

    /// Starts it on a data directory, made if absent, and waits for the line `ready URL`.
    ///
    /// - Parameters:
    ///   - listen: HOST:PORT; any free port by default.
    ///   - crashAt: NAME or NAME:COUNT, a place of the write path at which it kills itself.
    ///   - arguments: more options of `cairn serve`.
    static func start(
        _ data: String, listen: String = "127.0.0.1:0", crashAt: String? = nil,
        arguments: [String] = [], timeoutSeconds: Double = 60
    ) async throws -> RunningServer {
        let child = try spawn(
            data, listen: listen, crashAt: crashAt, arguments: arguments)
        return try await ready(child, data: data, timeoutSeconds: timeoutSeconds)
    }

    /// Waits for the line `ready URL` of a process that was started.
    static func ready(
        _ child: ChildProcess, data: String, timeoutSeconds: Double = 60
    ) async throws -> RunningServer {
        let end = Deadline(seconds: timeoutSeconds)
        while true {
            if let url = readyURL(child.stdout) {
                return RunningServer(data: data, url: url, child: child)
            }
            guard child.isRunning, !end.isOver else {
                throw NotReady(description: "the server is not ready: \(child.stderr)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Starts the process and does not wait.
    static func spawn(
        _ data: String, listen: String = "127.0.0.1:0", crashAt: String? = nil,
        arguments: [String] = []
    ) throws -> ChildProcess {
        try ChildProcess(
            try CairnBinary.path(),
            ["serve", "--data", data, "--listen", listen] + arguments,
            environment: crashAt.map { ["CAIRN_CRASH_AT": $0] } ?? [:])
    }

    private static func readyURL(_ output: String) -> String? {
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        where line.hasPrefix("ready ") {
            return String(line.dropFirst("ready ".count))
        }
        return nil
    }

    private init(data: String, url: String, child: ChildProcess) {
        self.data = data
        self.url = url
        self.child = child
    }

    /// HOST:PORT.
    var address: String { url.split(separator: "/").last.map(String.init) ?? url }
    var wallet: String { data + "/wallets/administrator.wallet" }
    var isRunning: Bool { child.isRunning }
    var pid: Int32 { child.pid }
    var stderr: String { child.stderr }

    /// What commands need to find it.
    var environment: [String: String] { ["CAIRN_SERVER": url, "CAIRN_WALLET": wallet] }

    /// Runs a command against this server as its administrator.
    func run(
        _ arguments: [String], input: String? = nil, timeoutSeconds: Double = 120
    ) async throws -> CommandResult {
        try await CairnBinary.run(
            arguments, environment: environment, input: input, timeoutSeconds: timeoutSeconds)
    }

    /// A bearer token of the administrator.
    func token() async throws -> String {
        let result = try await run(["token"])
        guard result.exit == 0 else { throw NotReady(description: "no token: \(result)") }
        return result.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// An HTTP client with a token of the administrator.
    func client() async throws -> HTTPClient {
        HTTPClient(url: url, token: try await token())
    }

    /// Sends a signal and does not wait.
    func signal(_ number: Int32) { child.signal(number) }

    /// kill -9, and waits until it is gone.
    func kill() async throws {
        child.kill()
        _ = try await child.result(timeoutSeconds: 30)
    }

    /// SIGTERM, and waits for the end.
    func stop(timeoutSeconds: Double = 60) async throws -> CommandResult {
        child.signal(SIGTERM)
        return try await child.result(timeoutSeconds: timeoutSeconds)
    }

    /// Waits until it ends by itself.
    func ended(timeoutSeconds: Double = 60) async throws -> CommandResult {
        try await child.result(timeoutSeconds: timeoutSeconds)
    }
}
