import Foundation
import Testing

@Suite(
    "Real files of many origins are stored, or refused for a reason", .serialized,
    .enabled(if: RealData.isThere, RealData.missing))
struct RealDataLoadTests {
    /// A folder, what of it must be refused, and why that is right.
    struct Folder: Sendable, CustomTestStringConvertible {
        let name: String
        let created: Int
        /// Parts of the messages, each with how many failures it explains.
        let refused: [(why: String, count: Int)]

        var testDescription: String { name }
    }

    static let folders = [
        Folder(
            name: "fhir-r4-examples", created: 189,
            refused: [
                // A narrative of blanks only.
                ("EventDefinition.text.div: Narrative has no content (txt-2)", 1),
                // HL7's own example breaks R4: dispenseRequest.performer is an Organization.
                ("MedicationRequest.dispenseRequest.performer: The reference points to a", 1),
            ]),
        Folder(name: "us-core-examples", created: 119, refused: []),
        Folder(
            name: "ips", created: 111,
            // Two narratives of the Hong Kong sample leave their div open.
            refused: [("Narrative is not one closed div element", 2)]),
    ]

    @Test(arguments: folders)
    func examplesAreStoredAsTheyAre(_ folder: Folder) async throws {
        let bench = try await Bench.start("real")
        let report = try LoadReport(
            try await bench.server.run(["load", RealData.path(folder.name), "--json"]))
        #expect(report.created == folder.created, "\(report)")
        RealDataLoadTests.expect(report, folder.refused)
        try await bench.unchanged {
            let again = try LoadReport(
                try await bench.server.run(["load", RealData.path(folder.name), "--json"]))
            #expect(again.created == 0 && again.failed == report.failed)
        }
        try await lonesComeBack(folder, bench)
    }

    private static func expect(_ report: LoadReport, _ refused: [(why: String, count: Int)]) {
        #expect(report.failed == refused.map(\.count).reduce(0, +), "\(report.failures)")
        #expect(report.exit == (refused.isEmpty ? 0 : 3))
        for (why, count) in refused {
            #expect(report.failures.count { $0.contains(why) } == count, "\(why): \(report)")
        }
    }

    /// Resources that lie alone in their file, under an id: equal save `id` and `meta`.
    private func lonesComeBack(_ folder: Folder, _ bench: Bench) async throws {
        var compared = 0
        for file in try RealData.files(folder.name) {
            let sent = try JSONText(try Data(contentsOf: file))
            guard let type = sent["resourceType"]?.text, type != "Bundle",
                let id = sent["id"]?.text
            else { continue }
            let answer = try await bench.client.get(
                "/fhir/\(type)/\(id)", headers: ["Accept": "application/fhir+json"])
            if answer.status == 404 {
                #expect(folder.refused.contains { $0.why.hasPrefix(type) }, "\(file.path)")
                continue
            }
            let stored = try JSONText(answer.body)
            #expect(
                stored.without("id", "meta", "data") == sent.without("id", "meta", "data"),
                "\(file.lastPathComponent)")
            compared += 1
        }
        #expect(compared > (folder.name == "ips" ? -1 : 100), "\(compared)")
    }

    /// Fixtures of another server's tests, some of them wrong on purpose.
    @Test func fixturesAreRefusedWhereTheyAreWrong() async throws {
        let bench = try await Bench.start("real")
        let report = try LoadReport(
            try await bench.server.run(["load", RealData.path("server-fixtures"), "--json"]))
        let reasons = [
            // Single values where R4 has lists.
            "is an array",
            // `##PatientID##` and its like, to be filled in before use.
            "this is no FHIR id", "##", "Not a valid uri",
            "AuditEvent.recorded: Not a valid instant",
            // "Practioner", a slip of the pen.
            "SmartCommon.json: Bundle.entry[5].resource/Account.subject",
            "Appointment.participant.status is required",
            // A Provenance for a header, which has no target by itself.
            "ProvenanceHeader.json: Provenance.target is required",
            // A line that is no JSON.
            "Import-InvalidPatient.ndjson:4: JSON",
            // PATCH, conditional update and conditional delete, which this version does not do.
            "asks for what this version does not do", "are no interaction of this server",
            // Invalid by their names.
            "ObservationWithInvalidStatus", "PatientWithUnknownElements",
            "Bundle-TransactionWithInvalidBundleEntry", "Bundle-TransactionForRollBack",
            "Bundle-Batch",
            "Bundle-TransactionWithConditionalReferenceInResourceBody",
            "Bundle-TransactionWithMultipleEntriesModifyingSameResource",
        ]
        for failure in report.failures {
            #expect(reasons.contains { failure.contains($0) }, "\(failure)")
        }
        #expect(report.created > 130)
        let again = try LoadReport(
            try await bench.server.run(["load", RealData.path("server-fixtures"), "--json"]))
        #expect(again.created == 0 && again.failed == report.failed, "\(again)")
    }

    @Test(arguments: ["dicom", "edf", "vcf", "ccda", "hl7v2"])
    func filesBecomeDocumentsByteForByte(_ name: String) async throws {
        let bench = try await Bench.start("real")
        let patient = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let files = try RealData.files(name).filter { $0.pathExtension != "json" }
        let report = try LoadReport(
            try await bench.server.run(
                ["load", "--json", "--patient", patient] + files.map(\.path)))
        #expect(report.failed == 0 && report.created == 2 * files.count, "\(report)")
        let documents = try await bench.all("DocumentReference?patient=\(patient)", page: 50)
        #expect(documents.count == files.count)
        for document in documents.values {
            let attachment = document["content"]?.items.first?["attachment"]
            let title = try #require(attachment?["title"]?.text)
            let url = try #require(attachment?["url"]?.text)
            let file = try Data(
                contentsOf: try #require(files.first { $0.lastPathComponent == title }))
            #expect(attachment?["size"]?.text == "\(file.count)")
            let whole = try await bench.client.get("/fhir/\(url)", headers: ["Accept": "*/*"])
            #expect(whole.body == file, "\(title)")
            #expect(whole.headers["content-type"] == attachment?["contentType"]?.text)
            let range = (file.count / 3)..<(file.count / 3 + 1_000).clamped(to: 1...file.count)
            let part = try await bench.client.get(
                "/fhir/\(url)",
                headers: [
                    "Accept": "*/*",
                    "Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)",
                ])
            #expect(part.status == 206 && part.body == file.subdata(in: range), "\(title)")
        }
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
