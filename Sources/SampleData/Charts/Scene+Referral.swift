/// A request to another member, and how that one names it.
struct Referral: Sendable {
    let from: SampleMember
    let number: String
    let concept: Concept
    /// What they are asked about.
    let reason: Concept

    static let system = "referral"

    /// How the other member's encounter refers to it: the order itself is kept elsewhere.
    var json: JSON {
        .logical(
            "ServiceRequest", from.system(Referral.system), number,
            "\(concept.text), asked by \(from.name)")
    }
}

extension Scene {
    /// Asks the other member to see the person.
    func refer(_ reason: Concept, to duty: Staff.Duty, condition: String?) -> Referral {
        let other: SampleMember = chart.member == .clinic ? .hospital : .clinic
        let number = "R-\(chart.newID().text.prefix(8))"
        let concept = Concept(
            "Referral to \(duty.title.lowercased())",
            .snomed("3457005", "Patient referral"))
        let identifier: JSON = [
            "system": .string(chart.member.system(Referral.system)), "value": .string(number),
        ]
        let performer: JSON = .logical(
            "Organization", NationalSystem.organization, other.organizationID, other.name)
        chart.add(
            "ServiceRequest", at: now,
            [
                "identifier": [identifier], "status": "completed", "intent": "order",
                "category": [Concept(.snomed("3457005", "Patient referral")).json],
                "code": concept.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "authoredOn": .string(now.text),
                "requester": doctor.json, "performer": [performer],
                "reasonCode": [reason.json],
                "reasonReference": condition.map { [.reference($0)] },
            ])
        return Referral(
            from: chart.member, number: number, concept: concept, reason: reason)
    }
}
