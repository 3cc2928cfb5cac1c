import FoundationEssentials
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Node

/// POST of intents that their authors built and stamped.
extension Handlers {
    func submit(_ call: Call) async throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        let caller = try call.requireCaller()
        let type = call.header(.contentType).flatMap { MediaRange.list($0).first }?.type
        guard type == Answer.protobuf else {
            throw NodeError(
                .unsupportedMediaType, "the body must be a SubmitRequest in Protobuf",
                hint: "send Content-Type: application/x-protobuf (proto/cairn/v1/api.proto)")
        }
        return try await call.body.collect(limitBytes: GatewayLimits.submitBodyBytesMax) { body in
            let wire = try Wire.decode(
                WireSubmitRequest.self, from: body, what: "submit request",
                limitBytes: GatewayLimits.submitBodyBytesMax)
            guard wire.items.count <= GatewayLimits.submitItemsMax else {
                throw NodeError(
                    .tooLarge, "a request has at most \(GatewayLimits.submitItemsMax) items",
                    hint: "split it")
            }
            let items = try wire.items.map { try SubmissionReader.item($0) }
            let answers = await carryOut(items, caller)
            return Answer.bytes(Wire.encode(response(answers)), mediaType: Answer.protobuf)
        }
    }

    /// Hands in what the caller may hand in; each item stands alone.
    private func carryOut(
        _ items: [SubmittedItem], _ caller: Caller
    ) async -> [Result<SubmittedOutcome, NodeError>] {
        let refusals = items.map { SubmissionReader.refusal($0, caller) }
        let permitted = zip(items, refusals).filter { $0.1 == nil }.map(\.0)
        var results = permitted.isEmpty ? [] : await node.submit(permitted, caller: caller)[...]
        return refusals.map { refusal in
            if let refusal { return .failure(refusal) }
            return results.popFirst()
                ?? .failure(NodeError(.damaged, "the item was not answered"))
        }
    }

    private func response(
        _ results: [Result<SubmittedOutcome, NodeError>]
    ) -> WireSubmitResponse {
        var response = WireSubmitResponse()
        response.results = results.map { result in
            var wire = WireSubmitResult()
            switch result {
            case .success(let outcome): wire.receipt = outcome.receipt.wire
            case .failure(let error):
                wire.error = "\(error.code.rawValue): \(error.message)"
                wire.hint = error.hint ?? ""
            }
            return wire
        }
        return response
    }
}

/// Reads items, and says which a caller may hand in.
enum SubmissionReader {
    static func item(_ wire: WireSubmitItem) throws -> SubmittedItem {
        let contents = try wire.contents.map { content in
            SubmittedContent(
                content: [UInt8](content.content),
                secret: try Digest(field: content.secret, of: "secret"), isSealed: content.sealed,
                mediaType: content.mediaType)
        }
        return SubmittedItem(
            intentBytes: [UInt8](wire.intent), stamps: try wire.stamps.map { try EStamp($0) },
            contents: contents,
            idempotencyKey: wire.idempotencyKey.isEmpty ? nil : wire.idempotencyKey)
    }

    /// Why an item may not be handed in; `nil` where it may. The ledger decides on its own
    /// afterwards.
    ///
    /// A request under the person's own key may leave the author's stamp to the node, for that
    /// person alone; a token may not.
    static func refusal(_ item: SubmittedItem, _ caller: Caller) -> NodeError? {
        guard let intent = try? item.intent.get().intent else {
            return NodeError(.badRequest, "the intent cannot be read")
        }
        if intent.contract == LedgerContract.approvals {
            return item.stamps.contains { $0.purpose == .author }
                ? nil
                : NodeError(
                    .forbidden, "proposing, approving and refusing take the author's own stamp",
                    hint: "stamp the intent with its author's key")
        }
        let governs = LedgerContract.governing.contains(intent.contract)
        let roles: Set<Role> = governs ? [.administrator] : Permissions.authors
        guard caller.roles.contains(where: roles.contains) else {
            return NodeError(
                .forbidden, "your roles do not allow commands of this contract",
                hint: governs ? "it takes an administrator" : "it takes a role that writes records")
        }
        if item.stamps.contains(where: { $0.purpose == .author }) { return nil }
        guard caller.tier == .ownKey else {
            return NodeError(
                .forbidden, "a token does not suffice for an intent without its author's stamp",
                hint: "stamp the intent, or sign the request with a wallet key")
        }
        guard intent.author == caller.person else {
            return NodeError(
                .forbidden, "the intent is another person's and has no stamp of theirs",
                hint: "have its author stamp it")
        }
        return nil
    }
}
