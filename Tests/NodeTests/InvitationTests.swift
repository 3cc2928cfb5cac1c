import Foundation
import Identity
import LedgerCore
import Node
import Synchronization
import Testing

@Suite("Invitations", .timeLimit(.minutes(5)))
struct InvitationTests {
    private final class Clock: Sendable {
        let ms = Mutex<UInt64>(TestNode.clock())
        var now: UInt64 { ms.withLock { $0 } }
    }

    private func join(_ path: String, _ invitation: Invitation) throws -> Joining {
        try Joining.begin(
            DataDirectory(path), url: "https://localhost:1", invitation: invitation,
            member: "Guest", passphrase: nil, nowMs: TestNode.clock())
    }

    private func code(_ body: () throws -> Void) -> PeerRefusal.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? PeerRefusal)?.code
        }
    }

    @Test func eachIsGoodForOneGuestAndOneDay() async throws {
        let folder = try TestFolder()
        let clock = Clock()
        let node = try CairnNode.open(
            NodeConfiguration(directory: DataDirectory(folder.path + "/first")),
            clock: { clock.now })
        let invitations = try #require(node.invitations)
        let invitation = try invitations.make()
        #expect(Invitation(text: invitation.text) == invitation)
        #expect(Invitation(text: String(invitation.text.dropLast())) == nil)
        let guest = try join(folder.path + "/guest", invitation)
        let other = try join(folder.path + "/other", invitation)
        let knock = try guest.knock()

        let wrong = Invitation(
            network: invitation.network, transportKey: invitation.transportKey,
            secret: Digest.sha256([1]))
        let wrongKnock = try guest.with(wrong, url: "https://localhost:1").knock()
        #expect(
            code { _ = try TwoNodes.knock(node, wrongKnock, guest.keys) } == .invitationWrong)
        // The keys that are named must have signed, and the connection must be the node's own.
        #expect(code { _ = try TwoNodes.knock(node, knock, other.keys) } == .knockInvalid)
        var forged = try Wire.decode(
            WireKnock.self, from: knock, what: "knock", limitBytes: Knock.bytesMax)
        forged.checkpoint = forged.stamp
        #expect(
            code { _ = try TwoNodes.knock(node, Wire.encode(forged), guest.keys) }
                == .knockInvalid)

        #expect(try !TwoNodes.knock(node, knock, guest.keys).isAdmitted)
        #expect(try invitations.requests().map(\.name) == ["Guest"])
        // The same guest may come back, also later; another may not.
        clock.ms.withLock { $0 += 25 * 3_600_000 }
        #expect(try !TwoNodes.knock(node, knock, guest.keys).isAdmitted)
        #expect(
            code { _ = try TwoNodes.knock(node, try other.knock(), other.keys) }
                == .invitationUsed)
        let late = try invitations.make()
        clock.ms.withLock { $0 += Invitations.lifetimeMs }
        let tardy = try join(folder.path + "/tardy", late)
        #expect(
            code { _ = try TwoNodes.knock(node, try tardy.knock(), tardy.keys) }
                == .invitationExpired)
        node.stop()
        try await node.run()
        try node.close()

        // Invitations survive a restart, and their secrets are in no file.
        let again = try CairnNode.open(
            NodeConfiguration(directory: DataDirectory(folder.path + "/first")),
            clock: { clock.now })
        #expect(try again.invitations?.requests().map(\.name) == ["Guest"])
        #expect(
            code { _ = try TwoNodes.knock(again, try other.knock(), other.keys) }
                == .invitationUsed)
        let file = try Data(contentsOf: URL(filePath: folder.path + "/first/keys/invitations"))
        #expect(file.range(of: Data(invitation.secret.bytes)) == nil)
        again.stop()
        try await again.run()
        try again.close()
    }

    @Test func anotherGenesisIsRefused() throws {
        let folder = try TestFolder()
        let invitation = Invitation(
            network: Digest.sha256([1]), transportKey: Digest.sha256([2]),
            secret: Digest.sha256([3]))
        let joining = try join(folder.path + "/guest", invitation)
        let other = try Founding.found(
            FoundingPlan(), in: DataDirectory(folder.path + "/other"), nowMs: TestNode.clock())
        let error = #expect(throws: NodeError.self) {
            try joining.finish(genesis: other.genesis.bytes)
        }
        #expect(error?.message.hasPrefix("genesis mismatch") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/guest/genesis.cairn"))
    }
}
