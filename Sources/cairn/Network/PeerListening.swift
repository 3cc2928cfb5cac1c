import FoundationEssentials
import CairnClient
import Gateway
import LedgerCore
import Logging
import Node
import Synchronization

/// `--peer-listen` and `--peer-url`.
final class PeerListening: Sendable {
    /// Where it listens; `nil` where it does not.
    let listen: ListenAddress?
    private let url: ServerAddress?
    private let port = Mutex<Int?>(nil)

    /// How long an invitation waits for the listener at the start.
    private static let waitMs = 5_000

    /// - Throws: `CommandFailure` with status 2.
    init(listen: String?, url: String?) throws {
        guard let listen else {
            guard url == nil else {
                throw CommandFailure.usage(
                    "--peer-url goes with --peer-listen", hint: "add --peer-listen HOST:PORT")
            }
            self.listen = nil
            self.url = nil
            return
        }
        guard let address = ListenAddress(listen) else {
            throw CommandFailure.usage(
                "\(listen) is no HOST:PORT", hint: "write for example --peer-listen 0.0.0.0:9443")
        }
        self.listen = address
        self.url = try url.map {
            guard let address = ServerAddress($0), address.scheme == "https" else {
                throw CommandFailure.usage(
                    "\($0) is no https address", hint: "write it as https://host:port")
            }
            return address
        }
    }

    /// What the node's certificate names.
    var hosts: [String] {
        var hosts = listen.map { [$0.host] } ?? []
        if let url {
            let end = url.authority.lastIndex(of: ":") ?? url.authority.endIndex
            let host = String(url.authority[..<end])
            if !host.hasPrefix("["), !hosts.contains(host) { hosts.append(host) }
        }
        return hosts
    }

    /// The listener; `nil` where none was asked for.
    func server(_ node: CairnNode, _ logger: Logger) throws -> PeerServer? {
        guard let listen else { return nil }
        let certificates = try PeerWiring.certificates(
            keys: node.identity.keys, authority: node.identity.authority,
            node: node.identity.node, hosts: hosts)
        return PeerServer(
            node: node, host: listen.host, port: listen.port, certificates: certificates,
            logger: logger, clock: ServeCommand.clock,
            onReady: { [self] port in self.port.withLock { $0 = port } })
    }

    /// Where other members' nodes reach this one; `nil` where they do not.
    func address() async -> String? {
        guard let listen else { return nil }
        let end = ContinuousClock.now + .milliseconds(PeerListening.waitMs)
        while ContinuousClock.now < end {
            if let port = port.withLock({ $0 }) {
                return url?.description ?? "https://\(listen.localHost):\(port)"
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return nil
    }
}
