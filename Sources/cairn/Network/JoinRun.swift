import CairnClient
import FoundationEssentials
import LedgerCore
import Node

/// `cairn serve --join`: makes the member, knocks, and waits until the network has admitted it.
struct JoinRun {
    let directory: DataDirectory
    let member: String
    let hosts: [String]
    /// What the node begins with, instead of block 0.
    let snapshot: String?
    let passphrase: () throws -> String?

    /// Between two questions whether the member was admitted.
    private static let pauseMs = 300

    /// Returns once the directory is a node's of a member of the network.
    ///
    /// - Parameter link: `nil` goes on with what an earlier start began.
    func run(_ link: JoinLink?) async throws {
        let isWaiting =
            FileSystem.exists(directory.membership) && !FileSystem.exists(directory.genesis)
        guard link != nil || isWaiting else { return }
        let lock = try directory.lock()
        defer { lock.release() }
        if FileSystem.exists(directory.genesis) {
            guard snapshot == nil else {
                throw CommandFailure.usage(
                    "\(directory.path) has begun already", hint: "leave --snapshot out")
            }
            if let link { try rejoin(link) }
            return
        }
        let joining: Joining
        switch (try Joining.pending(directory), link) {
        case (let pending?, let link?):
            joining = try pending.with(link.invitation, url: "\(link.server)")
        case (let pending?, nil): joining = pending
        case (nil, let link?):
            joining = try Joining.begin(
                directory, url: "\(link.server)", invitation: link.invitation, member: member,
                passphrase: try passphrase(), nowMs: ServeCommand.clock())
        case (nil, nil): return
        }
        try await wait(joining)
    }

    /// The ordering node is at another address from now on. That it is the same node, its key
    /// shows.
    func move(to leader: ServerAddress) throws {
        guard FileSystem.exists(directory.membership) else {
            throw CommandFailure.usage(
                "\(directory.path) is not of a member that joined: it follows nobody",
                hint: "leave --leader out")
        }
        let lock = try directory.lock()
        defer { lock.release() }
        var membership = try Membership.read(directory)
        membership.url = "\(leader)"
        try membership.write(directory)
    }

    /// A member names the ordering node's new address with an invitation to the same network.
    private func rejoin(_ link: JoinLink) throws {
        let identity = try NodeIdentity.open(directory)
        guard var membership = identity.membership, membership.network == link.invitation.network
        else {
            throw CommandFailure.usage(
                "\(directory.path) is a node of another network already",
                hint: "join with an empty data directory, or leave --join out")
        }
        membership.url = "\(link.server)"
        membership.leaderKey = link.invitation.transportKey
        try membership.write(directory)
    }

    private func wait(_ joining: Joining) async throws {
        guard let server = ServerAddress(joining.membership.url), let member = joining.member,
            let node = joining.membership.admit.nodes.first.flatMap({ Identifier($0.id) })
        else {
            throw CommandFailure(
                .checkFailed, "damaged", "\(directory.membership) names no address",
                hint: "start again with --join URL#INVITATION")
        }
        let certificates = try PeerWiring.certificates(
            keys: joining.keys, authority: [UInt8](joining.membership.admit.member.authority),
            node: node, hosts: hosts)
        let sought = joining.membership.leaderKey
        let client = try PeerClient(server: server, certificate: { certificates.current }) { der in
            guard try PeerDirectory.keyID(certificate: der) == sought else {
                throw PeerRefusal(.unknownKey, "the node that answers is not the one that invited")
            }
        }
        do {
            let genesis = try await knockUntilAdmitted(joining, member, client)
            await client.shutdown()
            try begin(genesis)
            try joining.finish(genesis: genesis)
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Checks the snapshot against the genesis that the invitation names, and puts it in place.
    private func begin(_ genesis: [UInt8]) throws {
        guard let snapshot else { return }
        let report = try SnapshotChecking.check(snapshot, trust: .genesis(genesis))
        let manifest = report.summary.manifest
        guard manifest.channel == CairnNode.channel else {
            throw CommandFailure.usage(
                "the snapshot is of channel \(manifest.channel)",
                hint: "name one of channel \(CairnNode.channel)")
        }
        Output.error(
            "the snapshot holds: height \(manifest.height), \(report.cosigned); blocks before "
                + "\(manifest.firstBody) stay with other nodes\n")
        try FileSystem.copy(snapshot, to: directory.snapshot, mode: 0o600)
    }

    private func knockUntilAdmitted(
        _ joining: Joining, _ member: Identifier, _ client: PeerClient
    ) async throws -> [UInt8] {
        var genesis: [UInt8]?
        var told: String?
        func tell(_ text: String) {
            guard told != text else { return }
            for line in text.split(separator: "\n") {
                Output.error(TerminalText.escaped(String(line)) + "\n")
            }
            told = text
        }
        while true {
            do throws(PeerError) {
                let bytes: [UInt8]
                if let genesis {
                    bytes = genesis
                } else {
                    bytes = try await client.get(Paths.genesis)
                }
                if genesis == nil { try check(joining, bytes) }
                genesis = bytes
                let answer = try await client.post(Paths.joining, try knock(joining))
                if isAdmitted(answer) { return bytes }
                tell(
                    "waiting to be admitted: \(joining.name), member \(member)\n"
                        + "authority \(joining.authorityFingerprint)")
            } catch {
                try Self.giveUp(error, server: client.server)
                tell("\(error.message); trying again")
            }
            try await Task.sleep(for: .milliseconds(JoinRun.pauseMs))
        }
    }

    private enum Paths {
        static let genesis = "/peer/v1/genesis"
        static let joining = "/peer/v1/joining"
    }

    private func isAdmitted(_ answer: [UInt8]) -> Bool {
        let read = try? Wire.decode(
            WireKnockAnswer.self, from: answer, what: "answer to a knock", limitBytes: 1_024)
        return read?.state == .admitted
    }

    private func check(_ joining: Joining, _ genesis: [UInt8]) throws(PeerError) {
        do { try joining.check(genesis: genesis) } catch { throw .stranger(error) }
    }

    private func knock(_ joining: Joining) throws(PeerError) -> [UInt8] {
        do { return try joining.knock() } catch { throw .stranger(error) }
    }

    /// What trying again cannot mend ends the command.
    private static func giveUp(_ error: PeerError, server: ServerAddress) throws {
        switch error {
        case .unreachable, .broken: return
        case .refused(let status, let answer) where status < 500 && status != 429:
            throw CommandFailure(.refused, answer.code, answer.message, hint: answer.hint)
        case .refused: return
        case .stranger(let refusal as PeerRefusal):
            throw CommandFailure(
                .refused, refusal.code.rawValue, "\(server): \(refusal.message)",
                hint: "check the address; ask the member that invited for a new invitation")
        case .stranger(let problem as NodeError):
            throw CommandFailure(
                .refused, "genesis-mismatch", problem.message, hint: problem.hint ?? "")
        case .stranger:
            throw CommandFailure(
                .refused, "peer-certificate-malformed",
                "\(server) shows no certificate that can be read",
                hint: "check the address")
        }
    }
}
