import Foundation
import LedgerCore
import Node
import TestSupport
import Testing

@Suite("Whose record it is does not depend on what arrives first")
struct PatientOrderTests {
    private static func weight(_ kg: Int, of patient: String, id: String = "") -> [UInt8] {
        let own = id.isEmpty ? "" : #""id":"\#(id)","#
        return Array(
            #"""
            {"resourceType":"Observation",\#(own)"status":"final","code":{"text":"Weight"},
            "subject":{"reference":"Patient/\#(patient)"},"valueQuantity":{"value":\#(kg)}}
            """#.utf8)
    }

    private static func person(_ id: String) -> [UInt8] {
        Array(#"{"resourceType":"Patient","id":"\#(id)","name":[{"family":"\#(id)"}]}"#.utf8)
    }

    /// What the console finds in a patient's compartment, as kilograms.
    private func weights(_ node: TestNode, _ id: String) throws -> Set<String> {
        let patient = try node.node.records.read(type: "Patient", id: id).row
        let rows = try node.node.records.versions(
            ofPatient: patient.record, type: "Observation", atMost: 100)
        return Set(
            try rows.map {
                String(decoding: try node.node.records.opened($0).content, as: UTF8.self)
            })
    }

    @Test func aRecordBeforeItsPatientIsTheirs() async throws {
        let folder = try TestFolder()
        var node = try TestNode(folder.path)
        for kg in [60, 61] {
            _ = try await node.node.records.create(
                type: "Observation", body: Self.weight(kg, of: "ada"), node.request())
        }
        // A restart between them changes nothing.
        try await node.stop()
        node = try TestNode(folder.path)
        for id in ["ada", "ben"] {
            _ = try await node.node.records.update(
                type: "Patient", id: id, body: Self.person(id), node.request())
        }
        _ = try await node.node.records.create(
            type: "Observation", body: Self.weight(62, of: "ada"), node.request())
        #expect(try weights(node, "ada").count == 3)
        #expect(try weights(node, "ben").isEmpty)
        try await node.stop()
        #expect(try await DataVerifier(node.directory).run().findings == [])
    }

    /// Patient and records side by side, in an order that nobody knows.
    @Test func filesSideBySide() async throws {
        var random = SeededGenerator(announcing: #function)
        let folder = try TestFolder()
        let node = try TestNode(folder.path)
        let people = (0..<8).map { "person-\($0)" }
        var writes: [(type: String, id: String, body: [UInt8])] = []
        for person in people {
            writes.append(("Patient", person, Self.person(person)))
            for kg in 50..<54 {
                let id = "\(person)-\(kg)"
                writes.append(("Observation", id, Self.weight(kg, of: person, id: id)))
            }
        }
        writes.shuffle(using: &random)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for write in writes {
                group.addTask {
                    _ = try await node.node.records.update(
                        type: write.type, id: write.id, body: write.body, node.request())
                }
            }
            try await group.waitForAll()
        }
        for person in people { #expect(try weights(node, person).count == 4, "\(person)") }
        try await node.stop()
        #expect(try await DataVerifier(node.directory).run().findings == [])
    }
}
