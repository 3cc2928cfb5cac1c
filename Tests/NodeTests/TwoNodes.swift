import Contracts
import Foundation
import Identity
import LedgerCore
import Node
import Ordering
import Storage
import Synchronization

/// A founding node and one of a member that joined, in one process; between them, in place of a
/// network, a link that can be cut.
final class TwoNodes: Sendable {
    let first: TestNode
    let folder: TestFolder
    let link = Link()
    let clocks = Clocks()
    let second: Mutex<Running>

    /// Both nodes' clocks: how far each is ahead, and whether they move.
    final class Clocks: Sendable {
        private struct State {
            var firstMs: Int64 = 0
            var secondMs: Int64 = 0
            /// What is added to this machine's clock.
            var shiftMs: Int64 = 0
            var frozenMs: Int64?

            var baseMs: Int64 { frozenMs ?? Int64(TestNode.clock()) + shiftMs }
        }

        private let state = Mutex(State())

        /// Sets how far each is ahead, in milliseconds.
        func set(firstMs: Int64, secondMs: Int64) {
            state.withLock {
                $0.firstMs = firstMs
                $0.secondMs = secondMs
            }
        }

        /// From now on no time passes but what is set: a busy machine is no slow node.
        func freeze() { state.withLock { $0.frozenMs = $0.baseMs } }

        /// Time goes on from where it was frozen.
        func thaw() {
            state.withLock {
                $0.shiftMs = $0.baseMs - Int64(TestNode.clock())
                $0.frozenMs = nil
            }
        }

        func first() -> UInt64 { state.withLock { UInt64($0.baseMs + $0.firstMs) } }
        func second() -> UInt64 { state.withLock { UInt64($0.baseMs + $0.secondMs) } }
    }

    struct Running: Sendable {
        let node: CairnNode
        let caller: Caller
        let work: Task<Void, any Error>
    }

    /// Whether messages pass, and what happens to submissions.
    final class Link: Sendable {
        struct Broken: Error {}

        private let state = Mutex((isUp: true, drops: 0, leader: CairnNode?.none))
        private let shown = Mutex<String?>(nil)
        private let passing = Mutex<Int>(.max)
        /// The newest checkpoint as the first node shows it; its own by default.
        var checkpoint: String? {
            get { shown.withLock { $0 } }
            set { shown.withLock { $0 = newValue } }
        }
        /// So many messages of the stream pass, the others wait on the way.
        var passes: Int {
            get { passing.withLock { $0 } }
            set { passing.withLock { $0 = newValue } }
        }

        /// Waits until a message may pass.
        func pass() async throws {
            while true {
                let goes = passing.withLock { left in
                    if left == .max { return true }
                    if left > 0 {
                        left -= 1
                        return true
                    }
                    return false
                }
                if goes { return }
                guard isUp else { throw Broken() }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        var isUp: Bool {
            get { state.withLock { $0.isUp } }
            set { state.withLock { $0.isUp = newValue } }
        }
        /// As many submissions get lost on the way.
        var drops: Int {
            get { state.withLock { $0.drops } }
            set { state.withLock { $0.drops = newValue } }
        }
        /// Who is at the other end.
        var leader: CairnNode? {
            get { state.withLock { $0.leader } }
            set { state.withLock { $0.leader = newValue } }
        }
    }

    init() async throws {
        folder = try TestFolder()
        let clocks = clocks
        first = try TestNode(folder.path + "/first", clock: { clocks.first() })
        link.leader = first.node
        let invitation = try required(first.node.invitations).make()
        let directory = DataDirectory(folder.path + "/second")
        let joining = try Joining.begin(
            directory, url: "https://localhost:1", invitation: invitation, member: "Clinic",
            passphrase: nil, nowMs: TestNode.clock())
        _ = try TwoNodes.knock(first.node, try joining.knock(), joining.keys)
        try await TwoNodes.admit(joining, at: first)
        try joining.finish(genesis: first.node.identity.genesis.bytes)
        second = Mutex(try TwoNodes.open(directory, link, clocks))
    }

    static func knock(
        _ node: CairnNode, _ bytes: [UInt8], _ keys: NodeKeys
    ) throws -> (member: Identifier, isAdmitted: Bool) {
        try required(node.invitations).knock(
            try Knock(bytes: bytes),
            transportKey: try SigningKey.p256(keys.transport).publicKey())
    }

    static func admit(
        _ joining: Joining, at first: TestNode, nowMs: UInt64 = TestNode.clock()
    ) async throws {
        var command = WireMembersCommand()
        command.admit = joining.membership.admit
        let wallet = try first.wallet()
        var random = SystemRandomNumberGenerator()
        let intent = Intent(
            network: first.node.identity.genesis.digest, channel: "main", author: wallet.person,
            notBeforeMs: nowMs - 1_000, notAfterMs: nowMs + 60_000,
            nonce: Identifier(using: &random), contract: "members", contractVersion: 1,
            command: Wire.encode(command))
        let stamp = try EStamp(
            intent: Intent.id(of: intent.bytes), purpose: .author,
            signingWith: wallet.defaultKey.signingKey)
        let item = SubmittedItem(
            intentBytes: intent.bytes, stamps: [stamp], contents: [], idempotencyKey: nil)
        let results = await first.node.submit([item], caller: first.caller)
        guard case .success(let outcome) = results[0], outcome.receipt.refused == nil else {
            throw CocoaError(.userCancelled)
        }
    }

    /// Opens the second node and lets it follow.
    static func open(
        _ directory: DataDirectory, _ link: Link, _ clocks: Clocks
    ) throws -> Running {
        let node = try CairnNode.open(
            NodeConfiguration(directory: directory), clock: { clocks.second() })
        let wallet = try WalletFile.read(directory.administratorWallet).unlock(passphrase: nil)
        let caller = Caller(
            person: wallet.person, member: node.identity.member,
            roles: [.administrator, .practitioner], tier: .ownKey, key: nil, evidence: .zero)
        let transport = TwoNodes.transport(link, node.identity.node)
        return Running(node: node, caller: caller, work: Task { try await node.run(transport) })
    }

    static func transport(_ link: Link, _ node: Identifier) -> PeerTransport {
        @Sendable func leader() throws -> CairnNode {
            guard link.isUp, let leader = link.leader else { throw Link.Broken() }
            return leader
        }
        return PeerTransport(
            follow: { height, take in
                let leader = try leader()
                try await leader.feed.run(from: height, isOver: { !link.isUp }) { bytes in
                    try await link.pass()
                    guard link.isUp else { throw Link.Broken() }
                    var frames = FrameReader(bytesMax: BlockMessage.bytesMax)
                    for message in try frames.add(bytes) { try await take(message) }
                }
            },
            submit: { bytes in
                guard let leader = try? leader() else { return .unreachable }
                if link.drops > 0 {
                    link.drops -= 1
                    return .uncertain
                }
                do {
                    let peer = try required(leader.peers.nodes().first { $0.id == node })
                    try await leader.take(submission: bytes, from: peer)
                    return .taken
                } catch {
                    return .refused(reason: "\(error)")
                }
            },
            checkpoints: {
                let leader = try leader()
                let newest = try leader.finality.newest().note
                return (link.checkpoint ?? newest, try leader.finality.final()?.note)
            },
            cosign: { try leader().take(note: $0) })
    }

    var node: CairnNode { second.withLock { $0.node } }
    var directory: DataDirectory { node.configuration.directory }

    /// A request by the second member's administrator.
    func request(key: String? = nil) -> WriteRequest {
        WriteRequest(caller: second.withLock { $0.caller }, idempotencyKey: key)
    }

    /// Stops the second node in good order.
    func stopSecond() async throws {
        let running = second.withLock { $0 }
        running.node.stop()
        try await running.work.value
        try running.node.close()
    }

    /// Starts it again on its data.
    func startSecond() throws {
        let running = try TwoNodes.open(directory, link, clocks)
        second.withLock { $0 = running }
    }

    func stop() async throws {
        try await stopSecond()
        try await first.stop()
    }

    /// Waits for something to come true.
    static func eventually(
        _ what: String, seconds: Double = 20, _ condition: () throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < end else { throw Late(what: what) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct Late: Error { let what: String }

    /// Waits until both are at the same block.
    func agree() async throws {
        try await TwoNodes.eventually("the nodes agree") {
            node.engine.head.tip.hash == first.node.engine.head.tip.hash
        }
    }

    /// Waits until the second can write.
    func connect() async throws {
        try await TwoNodes.eventually("the second node is connected") {
            node.follower?.status.isConnected == true
        }
    }
}
