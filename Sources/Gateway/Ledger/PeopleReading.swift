import FHIR
import Hummingbird
import Identity
import LedgerCore
import Node

/// People with their roles and keys, as the ledger has them.
extension Handlers {
    func people(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.key("people")
        writer.beginArray()
        for person in try node.people.all() { write(person, to: &writer) }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    func oneself(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        return try one(try call.requireCaller().person)
    }

    func person(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        guard let id = Identifier(hex: call.argument(0)) else {
            throw NodeError(
                .badRequest, "this is no person id", hint: "it has 32 lowercase hex digits")
        }
        return try one(id)
    }

    private func one(_ id: Identifier) throws -> Response {
        guard let person = try node.people.person(id) else {
            throw NodeError(.notFound, "the ledger knows no such person")
        }
        var writer = JSONWriter(capacityBytes: 1_024)
        write(person, to: &writer)
        return Answer.json(writer.bytes, isFHIR: false)
    }

    private func write(_ person: PeopleDirectory.Person, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", "\(person.id)")
        writer.member("member", "\(person.member)")
        writer.key("roles")
        writer.beginArray()
        for role in person.roles { writer.string(role) }
        writer.endArray()
        writer.key("keys")
        writer.beginArray()
        for key in person.keys {
            writer.beginObject()
            writer.member("id", "\(key.id)")
            writer.member("scheme", Wording.scheme(key.scheme))
            writer.key("revoked")
            writer.boolean(key.revoked)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
