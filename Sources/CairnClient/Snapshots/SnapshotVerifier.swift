import Contracts
package import LedgerCore

/// Checks a snapshot offline, in one pass, against what is trusted beforehand.
///
/// Nothing in it is believed because it says so: the genesis is the trusted one, or lies in the log
/// that trusted keys signed; every header follows the one before, up to the newest; every leaf of
/// the log is under the checkpoint; who the members are is replayed by the contracts from the
/// membership transactions, and compared with the state; more than half of them cosigned; and the
/// entries lead to the state root in a header.
package struct SnapshotVerifier: Sendable {
    private let trust: ProofTrust
    private let known: Checkpoint?

    /// - Parameter known: a checkpoint that is known from elsewhere: the snapshot's log must hold
    ///   it.
    package init(trust: ProofTrust, known: Checkpoint? = nil) {
        self.trust = trust
        self.known = known
    }

    /// What was checked on the way.
    private final class Work {
        var manifest: SnapshotManifest?
        var replay: MembershipReplay?
        var membership = 0
        /// Members that the state knows.
        var members = Set<Identifier>()
        var knownRoot: Digest?
    }

    /// What a snapshot that holds says.
    package struct Report: Sendable {
        package let summary: SnapshotWalk.Summary
        package let membership: Int
        package let cosigned: String
    }

    /// Reads the whole snapshot.
    ///
    /// - Parameter read: the next bytes; fewer than asked for only at the end.
    /// - Throws: ``SnapshotRefusal`` at the first thing that does not hold; what `read` throws.
    package func verify(read: @escaping (_ count: Int) throws -> [UInt8]) throws -> Report {
        let work = Work()
        var walk = try SnapshotWalk(
            read: read,
            visitor: SnapshotWalk.Visitor(
                manifest: { try begin($0, work) }, block: { try take($0, work) },
                entries: { entries in
                    for entry in entries {
                        if let member = StateKey.memberID(inKey: entry.key) {
                            work.members.insert(member)
                        }
                    }
                }))
        let summary = try walk.run()
        guard let replay = work.replay else {
            throw SnapshotRefusal(.outOfOrder, "the snapshot has no blocks")
        }
        let keys = replay.memberKeys
        guard work.members.allSatisfy({ keys[$0] != nil }) else {
            throw SnapshotRefusal(
                .membershipInvalid, "the state knows a member whose admission is missing")
        }
        if let known, work.knownRoot != known.root {
            throw known.size > summary.leaves
                ? SnapshotRefusal(
                    .olderThanKnown,
                    "the snapshot has \(summary.leaves) leaves, the known checkpoint "
                        + "\(known.size)")
                : SnapshotRefusal(
                    .otherHistory, "the log of the snapshot does not hold the known checkpoint")
        }
        var report = ProofReport()
        do throws(ProofRefusal) {
            try Quorum.check(summary.manifest.checkpoint, members: keys, report: &report)
        } catch {
            throw SnapshotVerifier.refusal(error)
        }
        return Report(
            summary: summary, membership: work.membership,
            cosigned: report.steps.last?.value ?? "")
    }

    private func begin(_ manifest: SnapshotManifest, _ work: Work) throws {
        switch trust {
        case .genesis(let bytes):
            guard manifest.genesis.bytes == bytes else {
                throw SnapshotRefusal(
                    .genesisNotTrusted, "the snapshot is of another network than the trusted one")
            }
        case .keys(let keys):
            let signed = keys.count { $0.verify(manifest.checkpoint) != nil }
            guard signed * 2 > keys.count else {
                throw SnapshotRefusal(
                    .checkpointNotTrusted,
                    "\(signed) of \(keys.count) trusted keys signed the checkpoint")
            }
        }
        if let known, known.origin != manifest.checkpoint.origin {
            throw SnapshotRefusal(.otherHistory, "the known checkpoint is of another log")
        }
        work.manifest = manifest
    }

    private func take(_ block: SnapshotBlock, _ work: Work) throws {
        guard let manifest = work.manifest else { return }
        if block.header.height == 0 {
            guard block.headerBytes == SnapshotVerifier.founded(manifest) else {
                throw SnapshotRefusal(.genesisSeal, "block 0 is not what the genesis founds")
            }
            let channel = manifest.genesis.body.channels.first { $0.name == manifest.channel }
            do throws(ProofRefusal) {
                work.replay = try MembershipReplay(
                    manifest.genesis, channel: channel ?? WireChannelDescription(),
                    ProvenLog(size: manifest.checkpoint.size, root: manifest.checkpoint.root),
                    activations: [])
            } catch {
                throw SnapshotVerifier.refusal(error)
            }
        }
        do throws(ProofRefusal) {
            try work.replay?.begin(height: block.header.height)
        } catch {
            throw SnapshotVerifier.refusal(error)
        }
        for membership in block.membership {
            do throws(ProofRefusal) {
                try work.replay?.replay(membership, blockTimeMs: block.header.timeMs)
            } catch {
                throw SnapshotVerifier.refusal(error)
            }
            work.membership += 1
        }
        if let known { note(known, block, work) }
    }

    /// The log's root at the known checkpoint's size, which is of a block's seal.
    private func note(_ known: Checkpoint, _ block: SnapshotBlock, _ work: Work) {
        if block.log.size == known.size { work.knownRoot = block.log.root }
    }

    /// Block 0 as the contracts derive it; `nil` where they refuse the genesis.
    private static func founded(_ manifest: SnapshotManifest) -> [UInt8]? {
        let channel = manifest.genesis.body.channels.first { $0.name == manifest.channel }
        guard let channel, let ordering = Header.Ordering(rawValue: channel.ordering.rawValue)
        else { return nil }
        let execution = Execution(
            network: manifest.genesis.digest, channel: channel.name, ordering: ordering,
            entry: { _ in nil }, page: { _ in nil }, isAccepted: { _ in false },
            members: { [] })
        return try? execution.genesis(manifest.genesis).block.headerBytes
    }

    private static func refusal(_ refusal: ProofRefusal) -> SnapshotRefusal {
        let reason: SnapshotRefusal.Reason =
            switch refusal.reason {
            case .genesisInvalid: .genesisInvalid
            case .quorumMissing: .quorumMissing
            case .cosignatureInvalid: .cosignatureInvalid
            default: .membershipInvalid
            }
        return SnapshotRefusal(reason, refusal.message)
    }
}
