import CairnClient
import Contracts
import Foundation
import LedgerCore
import Node
import Testing

/// What a snapshot of a malicious server could look like: each is refused by its own reason.
@Suite("Forged snapshots", .timeLimit(.minutes(5)))
struct SnapshotForgeryTests {
    private typealias Forge = (inout SnapshotParts) throws -> Void

    /// What is altered, and why it is refused; digests of chunks are made to fit.
    private static var forgeries: [(String, SnapshotRefusal.Reason, Forge)] { altered + replaced }

    private static var altered: [(String, SnapshotRefusal.Reason, Forge)] {
        [
            ("the format's version", .versionUnknown, { $0.manifest.version = 2 }),
            ("a byte of the genesis", .genesisInvalid, { $0.manifest.genesis[40] ^= 1 }),
            ("the channel", .checkpointInvalid, { $0.manifest.channel = "other" }),
            ("the note", .checkpointInvalid, { $0.manifest.checkpoint[0] ^= 0x80 }),
            (
                "the checkpoint's root", .logMismatch,
                { parts in
                    let note = try Checkpoint(
                        note: String(decoding: parts.manifest.checkpoint, as: UTF8.self))
                    var other = Checkpoint(origin: note.origin, size: note.size, root: .zero)
                    other.signatures = note.signatures
                    parts.manifest.checkpoint = Data(other.note.utf8)
                }
            ),
            (
                "a cosignature", .cosignatureInvalid,
                { parts in
                    let text = String(decoding: parts.manifest.checkpoint, as: UTF8.self)
                    var note = try Checkpoint(note: text)
                    let line = try #require(note.signatures.first)
                    let other = try #require(note.signatures.last)
                    // The first member's line, with the other one's signature.
                    note.signatures[0] = try #require(
                        try Checkpoint(
                            note: note.text + "\n"
                                + "— \(line.name) \(Base64.encode(line.keyHash + other.bytes))\n"
                        ).signatures.first)
                    parts.manifest.checkpoint = Data(note.note.utf8)
                }
            ),
            (
                "all cosignatures but one", .quorumMissing,
                { parts in
                    let text = String(decoding: parts.manifest.checkpoint, as: UTF8.self)
                    var note = try Checkpoint(note: text)
                    note.signatures.removeLast()
                    parts.manifest.checkpoint = Data(note.note.utf8)
                }
            ),
            ("the state's height", .stateMismatch, { $0.manifest.stateHeight -= 1 }),
            ("the heights' order", .outOfOrder, { $0.manifest.firstBody = $0.manifest.height + 1 }),
            ("the height", .outOfOrder, { $0.manifest.height += 1 }),
            ("block 0 in place of block 1", .headerBroken, { $0.blocks[1] = $0.blocks[0] }),
            ("a block left out", .headerBroken, { $0.blocks.remove(at: 2) }),
            ("two blocks exchanged", .headerBroken, { $0.blocks.swapAt(2, 3) }),
            ("the newest block left out", .outOfOrder, { $0.blocks.removeLast() }),
            (
                "an accepted transaction of a light block", .blockMismatch,
                { parts in
                    let place = try #require(parts.blocks.firstIndex { !$0.digests.isEmpty })
                    parts.blocks[place].digests[0] ^= 1
                    parts.blocks[place].membership = []
                }
            ),
            (
                "a transaction left out of a light block", .blockMismatch,
                { parts in
                    let place = try #require(parts.blocks.firstIndex { !$0.digests.isEmpty })
                    parts.blocks[place].digests = Data()
                    parts.blocks[place].ids = Data()
                    parts.blocks[place].indices = Data()
                    parts.blocks[place].membership = []
                }
            ),
        ]
    }

    private static var replaced: [(String, SnapshotRefusal.Reason, Forge)] {
        [
            (
                "a refusal in a whole block", .blockMismatch,
                { parts in
                    let place = try #require(parts.blocks.lastIndex { Self.accepted($0) > 0 })
                    let block = try Block(bytes: [UInt8](parts.blocks[place].block))
                    parts.blocks[place].block = Data(
                        Block(
                            headerBytes: block.headerBytes, batchBytes: block.batchBytes,
                            refusals: [Block.Refusal(index: 0, reason: "expired")]
                        ).bytes)
                }
            ),
            (
                "the batch of a whole block", .blockMismatch,
                { parts in
                    let place = try #require(parts.blocks.lastIndex { !$0.block.isEmpty })
                    let block = try Block(bytes: [UInt8](parts.blocks[place].block))
                    var batch = try Batch(bytes: block.batchBytes)
                    batch.timeMs += 1
                    parts.blocks[place].block = Data(
                        Block(
                            headerBytes: block.headerBytes, batchBytes: batch.bytes,
                            refusals: block.refusals
                        ).bytes)
                }
            ),
            (
                "a recent block without its body", .bodyMissing,
                { parts in
                    for place in parts.blocks.indices where !parts.blocks[place].block.isEmpty {
                        guard UInt64(place) < parts.manifest.stateHeight else { break }
                        let block = try Block(bytes: [UInt8](parts.blocks[place].block))
                        let header = try Header(bytes: block.headerBytes)
                        let (accepted, _) = try SnapshotBlock.contents(block, header, firstLeaf: 0)
                        var light = WireSnapshotBlock()
                        light.header = Data(block.headerBytes)
                        light.digests = Data(accepted.flatMap(\.digest.bytes))
                        light.ids = Data(accepted.flatMap(\.id.bytes))
                        light.indices = Data(
                            accepted.flatMap {
                                withUnsafeBytes(of: $0.index.bigEndian) { [UInt8]($0) }
                            })
                        parts.blocks[place] = light
                    }
                    parts.manifest.firstBody = parts.manifest.stateHeight
                }
            ),
            (
                "an admission left out", .membershipInvalid,
                { parts in
                    let place = try #require(parts.blocks.firstIndex { !$0.membership.isEmpty })
                    parts.blocks[place].membership = []
                }
            ),
            (
                "a membership transaction's submission", .membershipInvalid,
                { parts in
                    let place = try #require(parts.blocks.firstIndex { !$0.membership.isEmpty })
                    let bytes = [UInt8](parts.blocks[place].membership[0].submission)
                    var wire = try Wire.decode(
                        WireSubmission.self, from: bytes, what: "submission", limitBytes: 1 << 20)
                    wire.signature[3] ^= 1
                    parts.blocks[place].membership[0].submission = Data(Wire.encode(wire))
                }
            ),
            ("an entry's value", .stateMismatch, { $0.entries[3].value[0] ^= 1 }),
            ("an entry left out", .stateMismatch, { $0.entries.remove(at: 4) }),
            ("two entries exchanged", .outOfOrder, { $0.entries.swapAt(1, 2) }),
            ("an entry twice", .outOfOrder, { $0.entries.insert($0.entries[5], at: 5) }),
        ]
    }

    private static func accepted(_ block: WireSnapshotBlock) -> Int {
        guard let block = try? Block(bytes: [UInt8](block.block)),
            let header = try? Header(bytes: block.headerBytes)
        else { return 0 }
        return header.acceptedCount
    }

    private func reason(_ body: () throws -> Void) -> SnapshotRefusal.Reason? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SnapshotRefusal)?.reason
        }
    }

    @Test func eachIsRefusedByItsOwnReason() async throws {
        let stage = try await SnapshotStage.make()
        let parts = try SnapshotParts(stage.bytes)
        #expect(parts.blocks.contains { !$0.block.isEmpty })
        #expect(parts.blocks.contains { $0.block.isEmpty && !$0.membership.isEmpty })
        // Taken apart and put together it is as good as before.
        #expect(try stage.verify(parts.bytes).membership > 0)
        for (what, expected, forge) in Self.forgeries {
            var forged = parts
            try forge(&forged)
            let found = reason { _ = try stage.verify(forged.bytes) }
            #expect(found == expected, "\(what)")
        }
        try await stage.nodes.stop()
    }

    @Test func anAlteredFileIsRefusedWhereverItWasAltered() async throws {
        let stage = try await SnapshotStage.make()
        let bytes = stage.bytes
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 150)) {
            var altered = bytes
            altered[place] ^= 1
            let found = reason { _ = try stage.verify(altered) }
            #expect(found == .damaged || found == .truncated, "byte \(place)")
        }
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 60)) {
            let found = reason { _ = try stage.verify(Array(bytes.prefix(count))) }
            #expect(found == (count < SnapshotFile.magic.count ? .damaged : .truncated), "\(count)")
        }
        #expect(reason { _ = try stage.verify(bytes + [0]) } == .trailing)
        try await stage.nodes.stop()
    }

    @Test func chunksOutOfPlaceAreRefused() async throws {
        let stage = try await SnapshotStage.make()
        let parts = try SnapshotParts(stage.bytes)
        var (blocks, entries) = (WireSnapshotBlocks(), WireSnapshotEntries())
        blocks.blocks = parts.blocks
        entries.entries = parts.entries
        let (manifest, count) = (parts.manifest, UInt64(parts.entries.count))
        let orders: [(String, SnapshotRefusal.Reason, [WireSnapshotChunk.OneOf_Part], UInt64)] = [
            ("no manifest", .outOfOrder, [.blocks(blocks), .entries(entries)], count),
            ("entries first", .outOfOrder, [.manifest(manifest), .entries(entries)], count),
            (
                "blocks after entries", .outOfOrder,
                [.manifest(manifest), .blocks(blocks), .entries(entries), .blocks(blocks)], count
            ),
            (
                "two manifests", .outOfOrder,
                [.manifest(manifest), .manifest(manifest), .blocks(blocks)], count
            ),
            (
                "another count", .truncated,
                [.manifest(manifest), .blocks(blocks), .entries(entries)], 1
            ),
            ("no entries", .stateMismatch, [.manifest(manifest), .blocks(blocks)], 0),
        ]
        for (what, expected, order, counted) in orders {
            var writer = SnapshotWriter()
            let bytes = order.flatMap { writer.bytes($0) } + writer.end(entries: counted)
            #expect(reason { _ = try stage.verify(bytes) } == expected, "\(what)")
        }
        try await stage.nodes.stop()
    }

    @Test func anotherNetworksAndAnOlderOneAreRefused() async throws {
        let stage = try await SnapshotStage.make()
        let other = try TestNode(stage.nodes.folder.path + "/other")
        let foreign = try await SnapshotStage.export(other.node)
        #expect(
            try stage.verify(foreign, trust: .genesis(other.node.identity.genesis.bytes)).membership
                == 0)
        #expect(reason { _ = try stage.verify(foreign) } == .genesisNotTrusted)
        // Under trust in keys: those of this network did not sign it.
        let keys = try stage.nodes.first.node.finality.keys().filter {
            $0.algorithm == .cosignature
        }
        #expect(keys.count == 2)
        #expect(try stage.verify(trust: .keys(keys)).membership > 0)
        #expect(
            reason { _ = try stage.verify(foreign, trust: .keys(keys)) } == .checkpointNotTrusted)
        // A checkpoint that is known: the snapshot holds it, or is older, or of another history.
        let old = try stage.verify().summary.manifest.checkpoint
        _ = try await stage.nodes.first.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Later"), stage.nodes.first.request())
        let newer = try await SnapshotStage.export(stage.nodes.first.node)
        #expect(try stage.verify(newer, known: old).summary.leaves > old.size)
        let new = try stage.verify(newer).summary.manifest.checkpoint
        #expect(reason { _ = try stage.verify(known: new) } == .olderThanKnown)
        let forked = Checkpoint(origin: old.origin, size: old.size, root: .zero)
        #expect(reason { _ = try stage.verify(newer, known: forked) } == .otherHistory)
        try await other.stop()
        try await stage.nodes.stop()
    }
}
