package import Contracts
import Crypto
package import Identity
package import LedgerCore
import Ordering
import Storage
import Vault

/// One running node: the assembly of ledger, vault, index and identity over a data directory.
///
/// `open` recovers: the chain is the write-ahead log, and state and index are brought up to it
/// before anything is served. `run` works until `stop`, then finishes what was accepted.
package final class CairnNode: Sendable {
    package let configuration: NodeConfiguration
    package let identity: NodeIdentity
    package let records: Records
    package let engine: LedgerEngine
    package let reader: LedgerReader
    package let checkpoints: CheckpointSigner
    package let finality: Finality
    /// The checkpoint that this node shows, and its outside witnesses.
    package let publication: Publication
    /// Timestamps from outside over it.
    package let timestamps: Timestamps
    /// This node as a witness of other logs.
    package let witness: Witness
    /// Members and nodes.
    package let peers: PeerDirectory
    /// This node's blocks, for other nodes.
    package let feed: BlockFeed
    /// Whether this ledger may be older than what other members hold.
    package let restored: RestoredLedger
    /// What is done for guests and members; `nil` where another node orders.
    package let invitations: Invitations?
    /// What follows the node that orders; `nil` where this one does.
    package let follower: Follower?
    package let proofs: ProofMaker
    package let people: PeopleDirectory
    /// What was sealed and never accepted.
    package let orphans: OrphanCollector
    /// Request signatures that were used.
    package let replays: ReplayGuard
    /// Whether this start founded the network.
    package let isNew: Bool
    /// Blocks that were applied again after a crash.
    package let recoveredBlocks: Int
    private let lock: DataDirectoryLock
    private let vault: Vault
    private let index: RecordIndex
    private let indexer: Indexer
    private let clock: @Sendable () -> UInt64
    private let forwarding: Forwarding

    /// The channel of an embedded network.
    package static let channel = "main"

    /// Opens the node of a data directory; founds a network where there is none.
    ///
    /// - Parameter clock: milliseconds since 1970.
    /// - Throws: `NodeError` with what is damaged or held by another process; errors of the stores.
    package static func open(
        _ configuration: NodeConfiguration, clock: @escaping @Sendable () -> UInt64
    ) throws -> CairnNode {
        let directory = configuration.directory
        try FileSystem.makeDirectory(directory.path, mode: 0o700)
        let lock = try directory.lock()
        // No process but this one takes requests from here on.
        let lockedSeconds = Int64(clamping: clock() / 1_000)
        let isNew = !FileSystem.exists(directory.genesis)
        if isNew {
            guard !FileSystem.exists(directory.membership) else {
                throw NodeError(
                    .conflict, "\(directory.path) belongs to a member that is not yet admitted",
                    hint: "start it with --join once more")
            }
            guard try Recovery.mayFound(directory) else {
                throw NodeError(
                    .damaged, "\(directory.genesis) is missing, but there is a chain",
                    hint: "restore the genesis file from another member or a backup")
            }
            _ = try Founding.found(configuration.founding, in: directory, nowMs: clock())
        }
        try directory.create()
        let identity = try NodeIdentity.open(directory)
        let start = isNew ? lockedSeconds : lockedSeconds + 1
        let table = try ReplayTable(path: directory.replays, startSeconds: start)
        let node = try CairnNode(
            configuration, identity: identity, lock: lock, isNew: isNew,
            replays: ReplayGuard(
                startSeconds: start, remembered: table.remembered, keep: table.keep),
            clock: clock)
        if let problem = node.restored.problem { node.engine.hold(because: problem) }
        return node
    }

    private init(
        _ configuration: NodeConfiguration, identity: NodeIdentity, lock: DataDirectoryLock,
        isNew: Bool, replays: ReplayGuard, clock: @escaping @Sendable () -> UInt64
    ) throws {
        let directory = configuration.directory
        let network = identity.genesis.digest
        let channel = CairnNode.channel
        let recovery = try Recovery(directory, identity, channel: channel)
        let (state, chain) = (recovery.state, recovery.chain)
        let (tip, headerBytes, replayed) = try recovery.applyChain()
        recoveredBlocks = replayed
        var vaultConfiguration = VaultConfiguration(directory: directory.path)
        vaultConfiguration.cacheMaxBytes = configuration.cacheBytesMax
        vaultConfiguration.freeReserveBytes = Int(configuration.reserveBytes)
        vault = try Vault(
            vaultConfiguration, storageRootKey: identity.keys.storageRoot,
            signer: CatalogueSigning.signer(identity.keys))
        index = RecordIndex(try Storage.Index.open(directory: directory.index))
        indexer = Indexer(index: index, vault: vault, member: identity.member, state: state)
        reader = LedgerReader(state: state, chain: chain)
        try recovery.applyIndex(tip: tip, index: index, indexer: indexer, reader: reader)
        let forwarding = Forwarding()
        restored = try RestoredLedger(directory, identity, PeerDirectory(state: state))
        let ordering = try CairnNode.ordering(
            identity, tip: tip, state: state, forwarding: forwarding, clock: clock,
            isHeld: restored.isHeld)
        // A part of what own writes keep back: blocks go on for a while after those have ended.
        let room = SpaceGuard(
            path: directory.path, reserveBytes: configuration.reserveBytes / 4, clock: clock)
        engine = LedgerEngine(
            network: network, channel: channel, node: identity.node, state: state, chain: chain,
            ordering: ordering, stampKey: .ed25519(identity.keys.stamp), tip: tip,
            headerBytes: headerBytes, stateHistoryBlocks: configuration.stateHistoryBlocks,
            hasSpace: { (try? room.check()) != nil })
        checkpoints = CairnNode.signer(identity, clock)
        finality = Finality(
            signer: checkpoints, reader: reader, engine: engine,
            orders: identity.membership == nil)
        (publication, timestamps, witness) = try CairnNode.outside(
            configuration, finality, reader, checkpoints, clock)
        peers = PeerDirectory(state: state)
        feed = BlockFeed(reader: reader, engine: engine)
        invitations = try CairnNode.invitations(identity, directory, state, clock)
        follower = try CairnNode.follower(
            identity, directory, ordering: ordering, engine: engine, reader: reader, clock: clock)
        self.forwarding = forwarding
        let committer = Committer(
            network: network, channel: channel, node: identity.node, member: identity.member,
            vault: vault, engine: engine, indexer: indexer,
            claimKeys: ClaimKeys(key: identity.keys.claim), clock: clock,
            space: SpaceGuard(
                path: directory.path, reserveBytes: configuration.reserveBytes, clock: clock),
            windowMaxMs: try state.parameters().windowMaxMs, timestamps: timestamps)
        orphans = OrphanCollector(
            vault: vault, engine: engine, ledger: reader, directory: directory)
        records = Records(committer: committer, index: index, reader: reader)
        proofs = ProofMaker(
            identity: identity, channel: channel, reader: reader, finality: finality,
            records: records, certificates: try .forProofs(identity, clock: clock))
        people = PeopleDirectory(state: state)
        self.configuration = configuration
        self.identity = identity
        self.lock = lock
        self.isNew = isNew
        self.replays = replays
        self.clock = clock
    }

    /// Works until `stop` was called and everything accepted is durable, applied and indexed.
    ///
    /// - Parameters:
    ///   - transport: how the node that orders is reached, where another one does.
    ///   - outside: how witnesses and timestamp authorities are reached, where some are named.
    package func run(
        _ transport: PeerTransport? = nil, outside: OutsideTransport? = nil
    ) async throws {
        forwarding.set(transport)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let outside {
                group.addTask { [publication] in await publication.run(outside) }
                group.addTask { [timestamps] in await timestamps.run(outside) }
            }
            if let follower, let transport {
                let cosigner = CheckpointCosigner(
                    follower: follower, engine: engine, reader: reader, finality: finality,
                    signer: checkpoints, clock: clock)
                group.addTask { await follower.run(transport) }
                group.addTask { await cosigner.run(transport) }
            }
            group.addTask(executorPreference: SerialThread("cairn.collect")) { [orphans] in
                await orphans.run()
            }
            try await engine.run { [indexer, orphans, engine] blocks in
                try indexer.publish(blocks)
                orphans.note(blocks, from: engine.node)
            }
            group.cancelAll()
        }
    }

    /// Fragments that reads found missing or damaged and made again, since the start.
    package var mendedFragments: Int { vault.mendedFragments }

    /// Takes nothing more; `run` ends when all that was accepted is done.
    package func stop() { engine.stop() }

    /// Closes the stores after `run` has ended.
    package func close() throws {
        try engine.state.store.flush()
        engine.state.store.close()
        try index.close()
        vault.close()
        lock.release()
    }

    /// Snapshots of the ledger, for nodes that begin with one.
    package var snapshots: SnapshotExport {
        SnapshotExport(
            genesis: identity.genesis, channel: CairnNode.channel,
            directory: configuration.directory, engine: engine, reader: reader,
            finality: finality)
    }

    /// What lies between two states of the log, for auditors.
    package var audit: AuditSource {
        AuditSource(
            genesis: identity.genesis, channel: CairnNode.channel, engine: engine, reader: reader,
            finality: finality)
    }

    /// The channel's head with its newest checkpoint.
    package func head() throws -> ChannelHead {
        let (tip, headerBytes) = engine.head
        return ChannelHead(
            tip: tip, header: try Header(bytes: headerBytes),
            checkpoint: try finality.newest())
    }

    /// Takes intents that authors built and stamped themselves.
    package func submit(
        _ items: [SubmittedItem], caller: Caller
    ) async -> [Result<SubmittedOutcome, NodeError>] {
        await records.submit(items, caller: caller)
    }
}

/// Where a channel stands.
package struct ChannelHead: Sendable {
    package let tip: LedgerTip
    package let header: Header
    package let checkpoint: Checkpoint
}
