/// A member itself: the organisation, its people and its places.
enum Foundation {
    static func entries(of member: SampleMember, at moment: Moment) -> [SampleEntry] {
        var entries: [SampleEntry] = []
        func add(_ type: String, _ id: String, _ members: JSON) {
            let head: JSON = ["resourceType": .string(type), "id": .string(id)]
            entries.append(
                SampleEntry(
                    type: type, id: id, version: 1, moment: moment,
                    resource: head.setting(members)))
        }
        add("Organization", member.organizationID, organization(member))
        let staff = Staff.all(member)
        for duty in Staff.Duty.allCases where isNeeded(duty, staff) {
            add("Location", duty.locationID(of: member), location(duty, member))
        }
        for person in staff { add("Practitioner", person.id, practitioner(person)) }
        for person in staff {
            add(
                "PractitionerRole", member.id("PractitionerRole", person.duty.rawValue),
                role(person))
        }
        return entries
    }

    private static func isNeeded(_ duty: Staff.Duty, _ staff: [Staff]) -> Bool {
        staff.contains { $0.duty == duty }
    }

    private static func owner(_ member: SampleMember) -> JSON {
        .reference("Organization/\(member.organizationID)", member.name)
    }

    private static func organization(_ member: SampleMember) -> JSON {
        let identifier: JSON = [
            "system": .string(NationalSystem.organization),
            "value": .string(member.organizationID),
        ]
        let address = PostalAddress(
            line: member == .hospital ? "Beacon Road 1" : "North Quay 12", city: "Port Amaro",
            postalCode: "4010")
        let phone: JSON = [
            "system": "phone", "value": member == .hospital ? "555 0100" : "555 0120",
            "use": "work",
        ]
        return [
            "identifier": [identifier], "active": true,
            "type": [.concept(.organizationType, "prov", "Healthcare Provider")],
            "name": .string(member.name), "telecom": [phone],
            "address": [address.json.setting(["use": "work"])],
        ]
    }

    private static func location(_ duty: Staff.Duty, _ member: SampleMember) -> JSON {
        [
            "status": "active", "name": .string("\(duty.title), \(member.name)"),
            "mode": "instance", "managingOrganization": owner(member),
        ]
    }

    private static func practitioner(_ person: Staff) -> JSON {
        let identifier: JSON = [
            "system": .string(NationalSystem.practitioner), "value": .string(person.number),
        ]
        let name: JSON = [
            "use": "official", "family": .string(person.family),
            "given": [.string(person.given)], "prefix": person.prefix.map { [.string($0)] },
        ]
        return [
            "identifier": [identifier, SampleUser.identifier(person.ledgerID)], "active": true,
            "name": [name], "gender": .string(person.sex.rawValue),
            "qualification": [["code": Concept(person.duty.profession).json]],
        ]
    }

    private static func role(_ person: Staff) -> JSON {
        let place = person.duty.location(of: person.member)
        return [
            "active": true, "practitioner": person.json, "organization": owner(person.member),
            "code": [Concept(person.duty.profession).json],
            "specialty": person.duty.specialty.map { [Concept($0).json] }, "location": [place],
        ]
    }
}
