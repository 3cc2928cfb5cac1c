extension Chart {
    /// The Patient, and what belongs to the registration.
    func register(at moment: Moment) {
        add("Patient", at: moment, id: patientID, patientMembers(number: number))
        if person.role == .minor { addGuardian(at: moment) }
        if person.members.count == 2, member == person.home { addConsent(at: moment + 4) }
    }

    private func patientMembers(number: String) -> JSON {
        let name: JSON = [
            "use": "official", "family": .string(person.family), "given": [.string(person.given)],
        ]
        let phone: JSON = ["system": "phone", "value": .string(person.phone), "use": "home"]
        var identifiers = [
            identifier("MR", "Medical record number", member.system("patient"), number),
            identifier(
                "NI", "National unique individual identifier", NationalSystem.person,
                person.nationalNumber),
        ]
        // Nobody else of them logs in.
        if person.role == .main { identifiers.append(SampleUser.identifier(person.ledgerID)) }
        return [
            "identifier": .array(identifiers), "active": true, "name": [name], "telecom": [phone],
            "gender": .string(person.sex.rawValue), "birthDate": .string(person.birth.text),
            "address": [person.address.json],
            "contact": person.role == .minor ? [guardianContact] : nil,
            "managingOrganization": .reference(
                "Organization/\(member.organizationID)", member.name),
        ]
    }

    private func identifier(
        _ code: String, _ display: String, _ system: String, _ value: String
    ) -> JSON {
        [
            "use": code == "MR" ? "usual" : "official",
            "type": .concept(.identifierType, code, display), "system": .string(system),
            "value": .string(value),
        ]
    }

    // MARK: Minor

    private static let guardianGiven = "Ingrid"

    private var guardianName: JSON {
        [
            "use": "official", "family": .string(person.family),
            "given": [.string(Chart.guardianGiven)],
        ]
    }

    private var guardianContact: JSON {
        let relationship: JSON = .concept(.roleCode, "MTH", "mother")
        return ["relationship": [relationship], "name": guardianName, "gender": "female"]
    }

    private func addGuardian(at moment: Moment) {
        let phone: JSON = ["system": "phone", "value": .string(person.phone), "use": "mobile"]
        let period: JSON = ["start": .string(person.birth.text)]
        add(
            "RelatedPerson", at: moment,
            [
                "active": true, "patient": patient,
                "relationship": [
                    .concept(.roleCode, "MTH", "mother"),
                    .concept(.roleCode, "GUARD", "guardian"),
                ],
                "name": [guardianName], "telecom": [phone], "gender": "female",
                "birthDate": .string((person.birth - 31 * 365).text),
                "address": [person.address.json], "period": period,
            ])
    }

    // MARK: Consent

    /// Whether the other member may see this record: asked of everybody whom both know.
    private func addConsent(at moment: Moment) {
        let refuses = person.role == .refusedConsent
        let other: SampleMember = member == .clinic ? .hospital : .clinic
        let actor: JSON = [
            "role": .concept(.participation, "IRCP", "information recipient"),
            "reference": .logical(
                "Organization", NationalSystem.organization, other.organizationID, other.name),
        ]
        let provision: JSON = [
            "type": refuses ? "deny" : "permit",
            "period": ["start": .string(moment.day.text)], "actor": [actor],
            "purpose": [Coding(system: .actReason, code: "TREAT", display: "treatment").json],
        ]
        add(
            "Consent", at: moment,
            [
                "status": refuses ? "rejected" : "active",
                "scope": .concept(.consentScope, "patient-privacy", "Privacy Consent"),
                "category": [.concept(.loinc, "59284-0", "Consent Document")],
                "patient": patient, "dateTime": .string(moment.text), "performer": [patient],
                "organization": [
                    .reference("Organization/\(member.organizationID)", member.name)
                ],
                "policyRule": .concept(
                    .actCode, refuses ? "OPTOUT" : "OPTIN", refuses ? "opt-out" : "opt-in"),
                "provision": provision,
            ])
    }

    // MARK: Duplicate

    /// Registers the person a second time, as it happens: the given name cut short and without the
    /// national number. New entries are about the duplicate from now on.
    func registerDuplicate(at moment: Moment) {
        let name: JSON = [
            "use": "official", "family": .string(person.family),
            "given": [.string("\(person.given.prefix(1)).")],
        ]
        let members = patientMembers(number: "\(number)-2").setting([
            "identifier": [
                identifier("MR", "Medical record number", member.system("patient"), "\(number)-2")
            ],
            "name": [name],
        ])
        subject = add("Patient", at: moment, members)
    }

    /// Finds the duplicate out: each Patient says what became of the other.
    func mergeDuplicate(at moment: Moment) {
        let duplicate = subject
        subject = "Patient/\(patientID)"
        let kept: JSON = ["other": .reference(subject), "type": "replaced-by"]
        let gone: JSON = ["other": .reference(duplicate), "type": "replaces"]
        amend(duplicate, at: moment, ["active": false, "link": [kept]])
        amend(subject, at: moment, ["link": [gone]])
    }

    /// The second version of a Patient who died.
    func recordDeath(at moment: Moment) {
        amend("Patient/\(patientID)", at: moment, ["deceasedDateTime": .string(moment.text)])
    }
}
