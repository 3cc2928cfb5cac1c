/// The two organisations of the sample.
package enum SampleMember: String, Sendable, CaseIterable {
    case hospital, clinic

    /// As people say it.
    package var name: String {
        switch self {
        case .hospital: "City Hospital"
        case .clinic: "Harbour Clinic"
        }
    }

    /// Of its identifiers.
    func system(_ kind: String) -> String {
        switch self {
        case .hospital: "https://city-hospital.example/\(kind)"
        case .clinic: "https://harbour-clinic.example/\(kind)"
        }
    }

    /// Before the numbers of its patients.
    var numberPrefix: String { self == .hospital ? "CH" : "HC" }

    /// The FHIR id of the organisation, the same for every seed.
    package var organizationID: String { id("Organization", "self") }

    /// A name for something of the member itself.
    func id(_ type: String, _ name: String) -> String {
        var dice = Dice(seed: 0, rawValue, type, name)
        return dice.uuid().text
    }
}

/// The invented country's identifiers.
enum NationalSystem {
    static let person = "https://registry.example/person-number"
    static let organization = "https://registry.example/organization-number"
    static let practitioner = "https://registry.example/practitioner-number"
}
