import CairnClient
import Contracts
import Crypto
import Foundation
import LedgerCore
import Testing

@testable import cairn

/// `cairn verify --evidence` over both kinds of evidence.
@Suite struct EvidenceTests {
    private let ledger: ProofLedger
    private let cheat: ProofLedger.Member

    init() throws {
        ledger = try ProofLedger(memberCount: 2)
        cheat = ledger.members[0]
        for _ in 0..<4 { try ledger.append([]) }
    }

    private func signed(_ header: Header) throws -> SignedHeader {
        try SignedHeader(headerBytes: header.bytes, node: cheat.node, signingWith: cheat.nodeKey)
    }

    private func header(_ block: Int) throws -> Header {
        try Header(bytes: ledger.blocks[block].block.headerBytes)
    }

    private func check(_ evidence: Evidence) throws -> EvidenceChecking.Finding {
        try EvidenceChecking.check(
            evidence.file, genesis: ledger.genesis.bytes, trust: "genesis")
    }

    /// The name under which it is refused; `nil` where it holds.
    private func refusal(_ evidence: Evidence) throws -> String? {
        do {
            _ = try check(evidence)
            return nil
        } catch let failure as CommandFailure {
            #expect(failure.exit == .checkFailed)
            return failure.code
        }
    }

    private func evidence(_ first: Header, _ second: Header) throws -> Evidence {
        Evidence(
            network: ledger.network, first: try signed(first),
            contradiction: .header(try signed(second)))
    }

    @Test func twoBlocksOfOneHeightConvict() throws {
        var other = try header(2)
        other.timeMs += 1
        let found = try check(try evidence(try header(2), other))
        #expect(found.node == cheat.node && found.member == cheat.id && found.height == 2)
        #expect(found.words.hasPrefix("two blocks of height 2: "))
    }

    @Test func aBlockAfterAnotherConvicts() throws {
        var next = try header(3)
        next.previous = .sha256([1])
        let found = try check(try evidence(try header(2), next))
        #expect(found.height == 2 && found.words.contains("one of height 3"))
    }

    @Test func whatCanBothBeTrueDoesNot() throws {
        let consistent = [(2, 2), (2, 3), (2, 4), (3, 2)]
        for (one, other) in consistent {
            let pair = try evidence(try header(one), try header(other))
            #expect(try refusal(pair) == "evidence-not-contradictory", "\(one), \(other)")
        }
    }

    @Test func whatIsMixedOrSignedByAnotherDoesNot() throws {
        var elsewhere = try header(2)
        elsewhere.network = .sha256([1])
        #expect(
            try refusal(try evidence(try header(2), elsewhere)) == "evidence-of-another-network")
        #expect(
            try refusal(try evidence(elsewhere, try header(2))) == "evidence-of-another-network")
        var channel = try header(2)
        channel.channel = "other"
        #expect(try refusal(try evidence(try header(2), channel)) == "evidence-of-another-network")
        var other = try header(2)
        other.timeMs += 1
        // Two nodes that say different things: one of them lies, and this does not show which.
        let second = ledger.members[1]
        let theirs = try SignedHeader(
            headerBytes: other.bytes, node: second.node, signingWith: second.nodeKey)
        let pair = Evidence(
            network: ledger.network, first: try signed(try header(2)),
            contradiction: .header(theirs))
        #expect(try refusal(pair) == "evidence-not-signed")
        let forged = try SignedHeader(
            headerBytes: other.bytes, node: cheat.node, signingWith: second.nodeKey)
        for (first, last) in [(try signed(other), forged), (forged, try signed(try header(2)))] {
            let pair = Evidence(
                network: ledger.network, first: first, contradiction: .header(last))
            #expect(try refusal(pair) == "evidence-not-signed")
        }
    }

    /// The header of block 2, and what its node signed of the log that ends with it.
    private func checkpoint(
        root: LedgerCore.Digest? = nil, size: UInt64? = nil, origin: String? = nil,
        edge: [LedgerCore.Digest]? = nil, key: Curve25519.Signing.PrivateKey? = nil,
        lines: Int = 1
    ) throws -> Evidence {
        let header = try header(2)
        var log = LogTree()
        _ = log.append(ledger.blocks[...1].map(\.block.hash))
        #expect(log.size == header.logSize && log.root == header.logRoot)
        let before = log.edge
        _ = log.append([ledger.blocks[2].block.hash])
        var note = Checkpoint(
            origin: origin ?? Checkpoint.origin(network: ledger.network, channel: "main"),
            size: size ?? log.size, root: root ?? .sha256([1]))
        for _ in 0..<lines {
            note.signatures.append(
                try ledger.noteKey(cheat).sign(
                    note, timeSeconds: 1_800_000_000,
                    with: .ed25519(key ?? cheat.checkpointKey)))
        }
        return Evidence(
            network: ledger.network, first: try signed(header),
            contradiction: .checkpoint(note, edge: edge ?? before))
    }

    @Test func aCheckpointOfAnotherRootConvicts() throws {
        let found = try check(try checkpoint())
        #expect(found.node == cheat.node && found.member == cheat.id && found.height == 2)
        #expect(found.words.contains("a checkpoint of the same 3 leaves"))
    }

    @Test func aCheckpointThatDoesNotContradictDoesNot() throws {
        var log = LogTree()
        _ = log.append(ledger.blocks[...2].map(\.block.hash))
        let cases: [(Evidence, String)] = [
            (try checkpoint(root: log.root), "evidence-not-contradictory"),
            (try checkpoint(size: 4), "evidence-not-contradictory"),
            (try checkpoint(edge: [.sha256([2])]), "evidence-not-contradictory"),
            (try checkpoint(edge: []), "evidence-not-contradictory"),
            (try checkpoint(key: .init()), "evidence-not-signed"),
            (try checkpoint(origin: "cairn/other/main"), "evidence-of-another-network"),
            (try checkpoint(lines: 2), "evidence-malformed"),
            (try checkpoint(lines: 0), "evidence-malformed"),
        ]
        for (evidence, name) in cases { #expect(try refusal(evidence) == name) }
    }

    /// Through the command itself.
    @Test func theCommandSaysSo() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "cairn-evidence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, trust) = (folder.path + "/e", folder.path + "/g")
        try Data(ledger.genesis.bytes).write(to: URL(filePath: trust))
        for (evidence, status) in [
            (try checkpoint(), CommandStatus.done), (try checkpoint(size: 4), .checkFailed),
        ] {
            try Data(evidence.file).write(to: URL(filePath: file))
            let line = ["verify", "--evidence", file, "--trust", trust]
            #expect(await CommandRun.run(line) == status)
        }
    }
}
