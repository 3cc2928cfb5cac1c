import CairnClient
import Contracts
import Crypto
import FoundationEssentials
import Identity
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// A channel in memory: genesis, blocks by the ledger's own execution, and proofs out of them.
final class ProofLedger {
    /// A founding member with its node and administrator.
    struct Member {
        let id: Identifier
        let node: Identifier
        let person: Identifier
        let nodeKey: SigningKey
        let personKey: SigningKey
        let checkpointKey: Curve25519.Signing.PrivateKey
        let transportKey = P256.Signing.PrivateKey()
        let authority: CertificateAuthority?

        init() {
            var generator = SystemRandomNumberGenerator()
            id = Identifier(using: &generator)
            node = Identifier(using: &generator)
            person = Identifier(using: &generator)
            nodeKey = .ed25519(.init())
            personKey = .p256(.init())
            checkpointKey = .init()
            authority = try? CertificateAuthority.create(
                memberName: "member", key: .init(), now: Member.now)
        }

        private static let now = Date(timeIntervalSince1970: 1_800_000_000)

        /// What the authority says of the node, under its own transport key or another one.
        func certificate(_ key: P256.Signing.PublicKey? = nil) throws -> [UInt8] {
            guard let authority else { throw MemberCertificateError.signing }
            return try authority.issue(
                publicKey: key ?? transportKey.publicKey, node: node,
                hostNames: [try HostName("node.invalid")], now: Member.now
            ).der
        }

        /// The member, its node and its administrator, as a genesis or an admission describes them.
        func admission() throws -> WireAdmitMember {
            var admission = WireAdmitMember()
            admission.member.id = id.bytes.field
            admission.member.name = "member"
            admission.member.authority = (authority?.certificate.der ?? []).field
            admission.member.checkpointKey =
                [UInt8](checkpointKey.publicKey.rawRepresentation).field
            var node = WireNodeDescription()
            node.id = self.node.bytes.field
            node.member = id.bytes.field
            node.stampKey = try nodeKey.publicKey().wire
            node.transportKey = try SigningKey.p256(transportKey).publicKey().wire
            node.sealingKey = [UInt8](repeating: 9, count: 1216).field
            admission.nodes = [node]
            var person = WirePersonDescription()
            person.id = self.person.bytes.field
            person.member = id.bytes.field
            person.keys = [try personKey.publicKey().wire]
            person.roles = ["administrator", "practitioner"]
            admission.people = [person]
            return admission
        }
    }

    /// A transaction's place.
    struct Placed {
        let transaction: UnverifiedTransaction
        let submission: Submission
        let index: Int
        let leaf: UInt64
        let block: Int
    }

    /// A block of the chain, and where the chain stands after it.
    struct Kept {
        let block: Block
        let header: Header
        let tip: LedgerTip
    }

    let members: [Member]
    let genesis: Genesis
    private(set) var blocks: [Kept] = []
    private(set) var placed: [Placed] = []
    /// What became of the newest block's transactions.
    private(set) var outcomes: [RefusalReason?] = []
    private(set) var state: [[UInt8]: [UInt8]] = [:]
    private(set) var pages: [[UInt8]: [UInt8]] = [:]
    private var leaves: [Digest] = []
    private var accepted = Set<Digest>()

    static let startMs: UInt64 = 1_800_000_000_000
    static let channel = "main"

    /// - Parameter contracts: versions that the genesis names; none, as before they could be.
    init(
        memberCount: Int = 3, contracts: [WireContractVersion] = ContractVersions.present
    ) throws {
        members = (0..<memberCount).map { _ in Member() }
        var body = try ProofLedger.body(members)
        body.contracts = contracts
        genesis = try Genesis(
            body: body,
            founders: members.flatMap { [$0.nodeKey, $0.personKey] })
        keep(try execution.genesis(genesis), submissions: [])
    }

    var network: Digest { genesis.digest }

    private var execution: Execution {
        Execution(
            network: network, channel: ProofLedger.channel, ordering: .local,
            entry: { self.state[$0] }, page: { self.pages[$0] },
            isAccepted: { self.accepted.contains($0) },
            members: { self.state.keys.compactMap { StateKey.memberID(inKey: $0) } })
    }

    static func body(_ members: [Member]) throws -> WireGenesisBody {
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = "proofs"
        body.createdMs = startMs
        body.salt = [UInt8](repeating: 7, count: 32).field
        body.parameters.windowMaxMs = 600_000
        body.parameters.driftMaxMs = 10_000
        body.parameters.sharing = "opt-in"
        body.parameters.roles = Role.allCases.map(\.rawValue)
        var channel = WireChannelDescription()
        channel.name = ProofLedger.channel
        channel.ordering = .local
        channel.members = members.map { $0.id.bytes.field }
        body.channels = [channel]
        for member in members {
            let admission = try member.admission()
            body.members.append(admission.member)
            body.nodes += admission.nodes
            body.people += admission.people
        }
        return body
    }

    /// Puts submissions into the next block.
    func append(_ submissions: [Submission], seal: Batch.Seal = .now) throws {
        guard let tip = blocks.last?.tip else { return }
        let batch = Batch(
            timeMs: ProofLedger.startMs + UInt64(blocks.count) * 1_000, seal: seal,
            submissions: submissions.map(\.bytes))
        keep(
            try execution.apply(batch, submissions: submissions, verified: [:], after: tip),
            submissions: submissions)
    }

    private func keep(_ block: ExecutedBlock, submissions: [Submission]) {
        outcomes = block.outcomes.map(\.refusal)
        for write in block.writes { state[write.key] = write.value }
        for page in block.pages { pages[page.name] = page.bytes }
        let taken = block.outcomes.filter { $0.refusal == nil }.map(\.transaction)
        accepted.formUnion(taken.map(\.id))
        place(taken, of: submissions)
        blocks.append(Kept(block: block.block, header: block.header, tip: block.tip))
        leaves.append(block.block.hash)
    }

    private func place(_ transactions: [UnverifiedTransaction], of submissions: [Submission]) {
        for transaction in transactions {
            for submission in submissions {
                let index = submission.transactions.firstIndex { $0.digest == transaction.digest }
                guard let index else { continue }
                placed.append(
                    Placed(
                        transaction: transaction, submission: submission, index: index,
                        leaf: UInt64(leaves.count), block: blocks.count))
                break
            }
            leaves.append(transaction.digest)
        }
    }

    /// Puts a submission into a block that no contract was asked about and whose header may lie:
    /// what a quorum could sign that conspires. Honest blocks do not follow.
    func force(_ submission: Submission, header alter: (inout Header) -> Void = { _ in }) {
        guard var tip = blocks.last?.tip else { return }
        let digests = submission.transactions.map(\.digest)
        _ = tip.log.append(digests)
        var header = Header(
            network: network, channel: ProofLedger.channel, height: tip.height + 1, timeMs: nowMs,
            previous: tip.hash, acceptedRoot: MerkleTree(leaves: digests).root,
            acceptedCount: digests.count, refusedRoot: TreeHash.empty, refusedCount: 0,
            logSize: tip.log.size, logRoot: tip.log.root, stateWrites: .zero, stateRoot: nil,
            ordering: .local, batch: .zero)
        alter(&header)
        let block = Block(headerBytes: header.bytes, batchBytes: [], refusals: [])
        _ = tip.log.append([block.hash])
        tip.height += 1
        tip.hash = block.hash
        place(submission.transactions, of: [submission])
        blocks.append(Kept(block: block, header: header, tip: tip))
        leaves.append(block.hash)
    }
}

extension ProofLedger {
    var nowMs: UInt64 { ProofLedger.startMs + UInt64(blocks.count) * 1_000 }

    /// An intent of `author`, stamped with `key`.
    func transaction(
        by author: Identifier, key: SigningKey, contract: String, command: [UInt8],
        purpose: StampPurpose = .author, writes: Int = 0, version: UInt32 = 1,
        approvers: [SigningKey] = []
    ) throws -> UnverifiedTransaction {
        let intent = Intent(
            network: network, channel: ProofLedger.channel, author: author,
            notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + 240_000, nonce: Fresh.identifier(),
            contract: contract, contractVersion: version, command: command)
        var attachment = Attachment()
        attachment.writes = (0..<writes).map { _ in
            .init(locator: Fresh.identifier(), paddedSizeBytes: 512)
        }
        if purpose == .onBehalf { attachment.onBehalf = .init(evidence: Fresh.digest(), tier: 0) }
        let id = Intent.id(of: intent.bytes)
        let stamps =
            [try EStamp(intent: id, purpose: purpose, signingWith: key)]
            + (try approvers.map { try EStamp(intent: id, purpose: .approve, signingWith: $0) })
        return try UnverifiedTransaction(
            intentBytes: intent.bytes, stamps: stamps, attachment: attachment)
    }

    func submission(_ member: Member, _ transactions: [UnverifiedTransaction]) throws -> Submission
    {
        try Submission(
            network: network, node: member.node, transactions: transactions,
            signingWith: member.nodeKey)
    }

    /// A checkpoint over all leaves, cosigned by the first members.
    func checkpoint(cosigners: Int) throws -> Checkpoint {
        var checkpoint = Checkpoint(
            origin: Checkpoint.origin(network: network, channel: ProofLedger.channel),
            size: UInt64(leaves.count), root: MerkleTree(leaves: leaves).root)
        for member in members.prefix(cosigners) {
            checkpoint.signatures.append(
                try noteKey(member).sign(
                    checkpoint, timeSeconds: 1_800_000_100, with: .ed25519(member.checkpointKey)))
        }
        return checkpoint
    }

    func noteKey(_ member: Member) -> NoteKey {
        let origin = Checkpoint.origin(network: network, channel: ProofLedger.channel)
        return NoteKey(
            name: "\(origin)/\(member.id)", algorithm: .cosignature,
            publicKey: [UInt8](member.checkpointKey.publicKey.rawRepresentation))
    }

    /// A proof of a write of the transaction placed as `subject`.
    func proof(of subject: Placed, write: Int, cosigners: Int? = nil) throws -> WireProof {
        var proof = WireProof()
        proof.version = ProofFile.version
        proof.genesis = genesis.bytes.field
        proof.genesisSeal = seal(0)
        proof.membership = placed.filter { $0.transaction.intent.contract != "records" }.map(proven)
        proof.activations = try activations()
        proof.subject = proven(subject)
        proof.seal = seal(subject.block)
        proof.write = UInt32(write)
        if let writes = try? RecordsCommand.writes(subject.transaction.intent.command) {
            proof.record = writes[write].record.bytes.field
        }
        let checkpoint = try checkpoint(cosigners: cosigners ?? members.count)
        proof.checkpoint = Array(checkpoint.note.utf8).field
        return proof
    }

    private func path(_ leaf: UInt64) -> [[UInt8]] {
        MerkleTree(leaves: leaves).path(to: Int(leaf)).map(\.bytes)
    }

    /// The blocks before those in which versions took effect.
    func activations() throws -> [WireProvenSeal] {
        let overlay = StateOverlay(base: { self.state[$0] }, members: { [] })
        return try ContractVersions.table(overlay).begun.map { seal(Int($0) - 1) }
    }

    func seal(_ block: Int) -> WireProvenSeal {
        var seal = WireProvenSeal()
        seal.header = blocks[block].block.headerBytes.field
        seal.leaf = blocks[block].tip.log.size - 1
        seal.path = path(seal.leaf).map(\.field)
        return seal
    }

    func proven(_ placed: Placed) -> WireProvenTransaction {
        let digests = placed.submission.transactions.map(\.digest)
        var proven = WireProvenTransaction()
        proven.transaction = placed.transaction.bytes.field
        proven.node = placed.submission.node.bytes.field
        proven.submissionIndex = UInt32(placed.index)
        proven.submissionSize = UInt32(digests.count)
        proven.submissionPath = MerkleTree(leaves: digests).path(to: placed.index).map {
            $0.bytes.field
        }
        proven.submissionSignature = placed.submission.signature.field
        proven.leaf = placed.leaf
        proven.path = path(placed.leaf).map(\.field)
        return proven
    }
}
