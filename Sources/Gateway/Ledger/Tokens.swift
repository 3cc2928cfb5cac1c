import FHIR
import Hummingbird
import Identity
import Node

/// Bearer tokens, for whoever signs the request with their own key.
extension Handlers {
    func issueToken(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        let caller = try call.requireCaller()
        try await call.body.collect(limitBytes: GatewayLimits.tokenBodyBytesMax) { body in
            guard body.isEmpty || (try? JSONDocument(parsing: body).root.kind) == .object else {
                throw NodeError(.badRequest, "the body is no JSON object", hint: "send {}")
            }
        }
        let token: String
        do {
            token = try tokens.issue(
                person: caller.person, member: caller.member, audience: audience,
                nowMs: Int64(clamping: clock()))
        } catch {
            throw NodeError(.damaged, "the token could not be signed")
        }
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.member("access_token", token)
        writer.member("token_type", "Bearer")
        writer.key("expires_in")
        writer.integer(Int(TokenIssuer.lifetimeSecondsStandard))
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }
}
