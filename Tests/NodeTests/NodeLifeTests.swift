import FHIR
import Foundation
import LedgerCore
import Node
import TestSupport
import Testing

@Suite("Life of a node")
struct NodeLifeTests {
    static func patient(_ name: String) -> [UInt8] {
        Array(
            #"{"resourceType":"Patient","name":[{"family":"\#(name)"}],"birthDate":"1980-02-03"}"#
                .utf8)
    }

    @Test func writesAreReadBackAsSentAndSurviveARestart() async throws {
        let folder = try TestFolder()
        var node = try TestNode(folder.path)
        let written = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Okafor"), node.request())
        let row = try #require(written.row)
        #expect(written.effect == .created)
        #expect(
            try node.node.records.read(type: "Patient", id: row.fhirID).content
                == NodeLifeTests.patient("Okafor"))
        try await node.stop()

        node = try TestNode(folder.path)
        #expect(!node.node.isNew)
        let again = try node.node.records.read(type: "Patient", id: row.fhirID)
        #expect(again.content == NodeLifeTests.patient("Okafor"))
        try await node.stop()
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings == [])
        #expect(report.versions == 1)
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
    func syntheaBundlesLoadAndVerify() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path)
        var count = 0
        for bundle in try SharedData.files("synthea-r4").map(SharedData.bytes) {
            let outcome = try await node.node.records.bundle(bundle, node.request())
            for entry in outcome.entries {
                guard case .written = entry else {
                    if case .failed(let error) = entry { Testing.Issue.record("\(error)") }
                    continue
                }
                count += 1
            }
        }
        #expect(count == 7516)
        try await node.stop()
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings == [])
    }
}
