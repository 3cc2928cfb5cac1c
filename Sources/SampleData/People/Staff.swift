/// Somebody who works at a member.
struct Staff: Sendable, Hashable {
    let member: SampleMember
    let duty: Duty
    let prefix: String?
    let given: String
    let family: String
    let sex: Sex
    let number: String

    /// What somebody does, and where.
    enum Duty: String, Sendable, CaseIterable {
        case generalPractice, paediatrics, nursing, laboratory, cardiology, radiology, emergency
        case internalMedicine, orthopaedics, obstetrics
    }

    var id: String { member.id("Practitioner", duty.rawValue) }
    var reference: String { "Practitioner/\(id)" }
    var name: String { [prefix, given, family].compactMap { $0 }.joined(separator: " ") }

    var json: JSON { ["reference": .string(reference), "display": .string(name)] }

    /// Who does this at the member; what a member has nobody for, the general practice or internal
    /// medicine does.
    static func of(_ member: SampleMember, _ duty: Duty) -> Staff {
        let everyone = all(member)
        return everyone.first { $0.duty == duty } ?? everyone[0]
    }

    static func all(_ member: SampleMember) -> [Staff] {
        switch member {
        case .hospital: hospital
        case .clinic: clinic
        }
    }

    private static let hospital: [Staff] = [
        staff(.hospital, .internalMedicine, "Dr.", "Henrike", "Solberg", .female, "20114"),
        staff(.hospital, .cardiology, "Dr.", "Emeka", "Okafor", .male, "20131"),
        staff(.hospital, .radiology, "Dr.", "Yuki", "Tamura", .female, "20156"),
        staff(.hospital, .emergency, "Dr.", "Rhys", "Calloway", .male, "20170"),
        staff(.hospital, .orthopaedics, "Dr.", "Carla", "Benedetti", .female, "20188"),
        staff(.hospital, .obstetrics, "Dr.", "Samira", "Nazari", .female, "20203"),
        staff(.hospital, .paediatrics, "Dr.", "Luis", "Ferreira", .male, "20219"),
        staff(.hospital, .laboratory, nil, "Agata", "Wilk", .female, "31007"),
        staff(.hospital, .nursing, nil, "Daniel", "Osei", .male, "41022"),
    ]

    private static let clinic: [Staff] = [
        staff(.clinic, .generalPractice, "Dr.", "Miriam", "Lindqvist", .female, "20302"),
        staff(.clinic, .paediatrics, "Dr.", "Aroha", "Te Rangi", .female, "20318"),
        staff(.clinic, .laboratory, nil, "Pieter", "de Wit", .male, "31041"),
        staff(.clinic, .nursing, nil, "Teresa", "Quintero", .female, "41060"),
    ]

    private static func staff(
        _ member: SampleMember, _ duty: Duty, _ prefix: String?, _ given: String,
        _ family: String, _ sex: Sex, _ number: String
    ) -> Staff {
        Staff(
            member: member, duty: duty, prefix: prefix, given: given, family: family, sex: sex,
            number: number)
    }
}

extension Staff.Duty {
    /// As printed on a door.
    var title: String {
        switch self {
        case .generalPractice: "General practice"
        case .paediatrics: "Pediatrics"
        case .nursing: "Nursing"
        case .laboratory: "Laboratory"
        case .cardiology: "Cardiology"
        case .radiology: "Radiology"
        case .emergency: "Emergency department"
        case .internalMedicine: "Internal medicine"
        case .orthopaedics: "Orthopedics"
        case .obstetrics: "Obstetrics"
        }
    }

    var profession: Coding {
        switch self {
        case .nursing: .snomed("106292003", "Professional nurse")
        case .laboratory: .snomed("159285000", "Medical laboratory technician")
        default: .snomed("309343006", "Physician")
        }
    }

    var specialty: Coding? {
        switch self {
        case .generalPractice: .snomed("394814009", "General practice")
        case .paediatrics: .snomed("394537008", "Pediatric specialty")
        case .cardiology: .snomed("394579002", "Cardiology")
        case .radiology: .snomed("394914008", "Radiology")
        case .emergency: .snomed("773568002", "Emergency medicine")
        case .internalMedicine: .snomed("419192003", "Internal medicine")
        case .orthopaedics: .snomed("394801008", "Trauma and orthopedics")
        case .obstetrics: .snomed("394585009", "Obstetrics and gynecology")
        case .nursing, .laboratory: nil
        }
    }
}
