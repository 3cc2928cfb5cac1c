import Contracts
import LedgerCore

/// The records transaction that a proof is about, and the write that it names.
struct ProvenSubject {
    private let transaction: UnverifiedTransaction
    private let write: RecordsCommand.Write
    private let satisfiedBy: Identifier?
    private let header: Header
    private var member: Identifier?
    private var hops: [ProofReport.Hop] = []
    /// Records that must have been there already, and their versions then.
    let earlier: [(Identifier, UInt32)]

    init(
        _ transaction: UnverifiedTransaction, _ proof: WireProof, _ seal: SubjectSeal
    ) throws(ProofRefusal) {
        guard transaction.intent.contract == Contracts.Name.records.rawValue,
            let writes = try? RecordsCommand.writes(transaction.intent.command),
            transaction.attachment.writes.count == writes.count
        else { throw ProofRefusal(.subjectInvalid, "the subject writes no record") }
        guard Int(proof.write) < writes.count else {
            throw ProofRefusal(.writeMissing, "the subject has no write \(proof.write)")
        }
        self.transaction = transaction
        write = writes[Int(proof.write)]
        guard Identifier(proof.record) == write.record else {
            throw ProofRefusal(.writeMissing, "the write is not of the record that is named")
        }
        satisfiedBy = transaction.attachment.writes[Int(proof.write)].satisfiedBy
        header = seal.header
        let created = Set(writes.filter { $0.previous == 0 }.map(\.record))
        var earlier = [(Identifier, UInt32)]()
        for (write, attachment) in zip(writes, transaction.attachment.writes) {
            if let existing = attachment.satisfiedBy {
                if !created.contains(existing) { earlier.append((existing, 1)) }
            } else if write.previous > 0 {
                earlier.append((write.record, write.previous))
            }
        }
        self.earlier = earlier
    }

    func written(at member: Identifier, hops: [ProofReport.Hop]) -> ProvenSubject {
        var subject = self
        subject.member = member
        subject.hops = hops
        return subject
    }

    /// Tells what was written, by whom, when.
    func describe(into report: inout ProofReport) throws(ProofRefusal) {
        let (version, overflow) = write.previous.addingReportingOverflow(1)
        guard !overflow else { throw ProofRefusal(.subjectInvalid, "the version is too large") }
        report.transaction = transaction.id.description
        report.record = (satisfiedBy ?? write.record).description
        report.version = satisfiedBy == nil ? version : 0
        report.author = transaction.intent.author.description
        report.member = member?.description ?? ""
        report.height = header.height
        report.timeMs = header.timeMs
        let state = satisfiedBy == nil ? "version \(version)" : "found there already"
        report.add("record", "\(report.record), \(state)")
        let onBehalf = transaction.stamps.contains { $0.purpose == .onBehalf }
        report.add(
            "author", "\(report.author), \(onBehalf ? "stamped by the node" : "own stamp")")
        report.hops = hops
        for hop in hops {
            report.add("hand-over", "from \(hop.from.words), to \(hop.to.words): accepted")
        }
    }

    /// Whether the content that the proof brings is what was committed to.
    func checkOpening(_ proof: WireProof, report: inout ProofReport) throws(ProofRefusal) {
        guard proof.hasOpening else {
            report.add("content", "not in the proof")
            return
        }
        let content = [UInt8](proof.opening.content)
        guard let secret = Digest(proof.opening.secret),
            Commitment(content: content, secret: secret) == write.commitment
        else {
            throw ProofRefusal(.openingMismatch, "the content is not what was committed to")
        }
        report.content = content
        report.add("content", "\(content.count) bytes, as committed to")
    }
}
