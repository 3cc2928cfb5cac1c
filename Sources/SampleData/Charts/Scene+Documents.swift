/// A file that belongs to a record.
struct AttachedFile {
    let contentType: String
    let title: String
    let bytes: [UInt8]
    /// What kind of document it is.
    let kind: Concept

    /// How FHIR's Attachment speaks of it.
    func attachment(binary: String) -> JSON {
        [
            "contentType": .string(contentType), "url": .string(binary),
            "size": .integer(bytes.count), "title": .string(title),
        ]
    }
}

extension Scene {
    /// Files a document: the Binary, then the DocumentReference.
    ///
    /// - Parameter related: References to what the document is about.
    func file(_ file: AttachedFile, related: [String] = []) -> (binary: String, document: String) {
        let binary = chart.add(
            "Binary", at: now,
            [
                "contentType": .string(file.contentType),
                "securityContext": .reference(chart.subject),
                "data": .string(Base64.text(file.bytes)),
            ])
        var attachment = file.attachment(binary: binary)
        attachment = attachment.setting(["creation": .string(now.text)])
        let content: JSON = ["attachment": attachment]
        let context: JSON = [
            "encounter": [.reference(encounter)],
            "related": .list(related.map { .reference($0) }),
        ]
        let document = chart.add(
            "DocumentReference", at: now,
            [
                "status": "current", "docStatus": "final", "type": file.kind.json,
                "subject": chart.subjectJSON, "date": .string(now.text),
                "author": [doctor.json],
                "custodian": .reference(
                    "Organization/\(chart.member.organizationID)", chart.member.name),
                "description": .string(file.title), "content": [content], "context": context,
            ])
        return (binary, document)
    }

    /// Orders something other than laboratory work.
    ///
    /// - Returns: The ServiceRequest's reference.
    func orderProcedure(_ concept: Concept, category: Coding, reason: Concept?) -> String {
        chart.add(
            "ServiceRequest", at: now,
            [
                "status": "completed", "intent": "order", "category": [Concept(category).json],
                "code": concept.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "authoredOn": .string(now.text),
                "requester": doctor.json, "reasonCode": reason.map { [$0.json] },
            ])
    }

    /// Puts a PDF with these results into the chart, as the laboratory prints it.
    func fileReport(of results: [LaboratoryResult]) {
        guard chart.hasFiles, !results.isEmpty else { return }
        let page = LaboratoryPage(
            chart: chart, results: results, doctor: doctor.name, printed: now,
            age: age)
        let report = AttachedFile(
            contentType: "application/pdf", title: "Laboratory report of \(day.text)",
            bytes: page.pdf, kind: Concept(.loinc("11502-2", "Laboratory report")))
        _ = file(report, related: results.map(\.report))
    }
}
