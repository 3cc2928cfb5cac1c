import Contracts
import FHIR
import Hummingbird
import LedgerCore
import Node

/// Acts that wait on the ledger for stamps, and what became of them.
extension Handlers {
    /// Those that wait, and those that were decided until they leave the ledger.
    func proposals(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.key("proposals")
        writer.beginArray()
        for (id, proposal) in try node.engine.state.proposals() {
            try write(proposal, id, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    func proposal(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let id = Digest(hex: call.argument(1)) else {
            throw NodeError(
                .badRequest, "this is no proposal's id",
                hint: "it is the id of the proposed intent: 64 lowercase hex digits")
        }
        guard let proposal = try node.engine.state.proposal(id) else {
            throw NodeError(
                .notFound, "the ledger keeps no such proposal",
                hint: "proposals leave it some time after their deadline")
        }
        var writer = JSONWriter(capacityBytes: 2_048)
        try write(proposal, id, to: &writer)
        return Answer.json(writer.bytes, isFHIR: false)
    }

    private func write(
        _ proposal: WireProposalState, _ id: Digest, to writer: inout JSONWriter
    ) throws {
        writer.beginObject()
        writer.member("id", "\(id)")
        writer.member("standing", try standing(proposal))
        writer.member("proposer", Hex.encode([UInt8](proposal.proposer)))
        writer.key("sinceMs")
        writer.integer(Int(clamping: proposal.sinceMs))
        writer.key("deadlineMs")
        writer.integer(Int(clamping: proposal.deadlineMs))
        // Whoever approves reads what they approve: the exact bytes that the id names.
        if !proposal.intent.isEmpty {
            writer.member("intent", Base64.encode([UInt8](proposal.intent)))
        }
        if proposal.hasPolicy {
            writer.member("policy", try SignaturePolicy(proposal.policy).text())
        }
        if !proposal.decided.isEmpty {
            writer.member("decided", Hex.encode([UInt8](proposal.decided)))
        }
        if !proposal.reason.isEmpty { writer.member("reason", proposal.reason) }
        writer.key("stamps")
        writer.beginArray()
        for stamp in proposal.stamps {
            writer.beginObject()
            writer.member("person", Hex.encode([UInt8](stamp.person)))
            writer.member("key", Hex.encode([UInt8](stamp.key)))
            writer.key("untilMs")
            writer.integer(Int(clamping: stamp.untilMs))
            if !stamp.refusal.isEmpty { writer.member("refusal", stamp.refusal) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// A proposal whose deadline has passed stays on the ledger for some time, and is over.
    private func standing(_ proposal: WireProposalState) throws -> String {
        switch proposal.standing {
        case .run: "carried-out"
        case .refused: "refused"
        case .pending, .unspecified, .UNRECOGNIZED:
            try node.head().header.timeMs > proposal.deadlineMs ? "expired" : "waiting"
        }
    }
}
