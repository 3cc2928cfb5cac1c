import FHIR
import Hummingbird
import Identity
import LedgerCore
import Node

/// How members enter: an administrator invites, sees who knocked, and admits with a transaction of
/// the members contract like any other.
extension Handlers {
    /// Makes an invitation.
    func invite(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        try call.body.requireNone()
        guard let invitations = node.invitations else {
            throw NodeError(
                .conflict, "this node follows another and invites nobody",
                hint: "ask the member whose node orders")
        }
        guard let url = await configuration.peerURL() else {
            throw NodeError(
                .conflict, "this node does not listen for other members",
                hint: "start it with --peer-listen HOST:PORT")
        }
        let invitation = try invitations.make()
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("url", url)
        writer.member("invitation", invitation.text)
        writer.key("expiresMs")
        writer.integer(Int(clamping: clock() + Invitations.lifetimeMs))
        writer.endObject()
        return Answer.json(writer.bytes, status: .created, isFHIR: false)
    }

    /// Who has knocked and waits to be admitted.
    func joinRequests(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("requests")
        writer.beginArray()
        for request in try node.invitations?.requests() ?? [] {
            writer.beginObject()
            writer.member("member", "\(request.member)")
            writer.member("name", request.name)
            writer.member("authorityFingerprint", "\(request.authorityFingerprint)")
            writer.member("invitation", "\(request.invitation)")
            writer.member("admit", Base64.encode(request.admit))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }
}
