/// The network's coded roles. The list is closed: a node never acts on a role that it does not
/// know, and adding one is a contract version.
package enum Role: String, Sendable, CaseIterable, Comparable {
    case administrator
    case practitioner
    case nurse
    case registrationClerk = "registration-clerk"
    case laboratoryTechnician = "laboratory-technician"
    case radiographer
    case pharmacist
    case insurerOfficer = "insurer-officer"
    case researcher
    case auditor
    case privacyOfficer = "privacy-officer"
    case patient
    case guardian

    /// By raw value, as everywhere where roles are listed.
    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }

    /// Roles whose holders write records at their member.
    package static let recordAuthors: [Role] = [
        .practitioner, .nurse, .registrationClerk, .laboratoryTechnician, .radiographer,
        .pharmacist,
    ]
}
