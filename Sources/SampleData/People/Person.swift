/// Administrative gender, as far as the sample needs it.
package enum Sex: String, Sendable {
    case female, male
}

/// What is special about a patient of the cast.
package enum SampleRole: String, Sendable, CaseIterable {
    /// Nothing.
    case ordinary
    /// A rich record at both members, with an ECG, a radiograph and a PDF report.
    case main
    /// A laboratory result that was corrected.
    case correction
    /// Registered twice at the hospital, and found out.
    case duplicate
    /// A child whose mother decides.
    case minor
    /// Died; no record follows.
    case deceased
    /// Refused that the other member sees the record.
    case refusedConsent
    /// Expects a child.
    case pregnancy
    /// Has atrial fibrillation, and an ECG that shows it.
    case fibrillation

    /// Whom a patient's number makes, the same for every seed.
    static func of(_ index: Int) -> SampleRole {
        switch index {
        case 0: .main
        case 2: .correction
        case 3: .duplicate
        case 4: .minor
        case 6: .deceased
        case 7: .refusedConsent
        case 9: .pregnancy
        case 11: .fibrillation
        default: .ordinary
        }
    }
}

/// Somebody who does not exist.
package struct SamplePerson: Sendable {
    /// From 0.
    package let index: Int
    /// What is special about them.
    package let role: SampleRole
    /// Administrative gender.
    package let sex: Sex
    /// Date of birth.
    package let birth: SampleDay
    /// Given name.
    package let given: String
    /// Family name.
    package let family: String
    /// Where records about them are kept.
    package let members: [SampleMember]
    /// The invented number that links a person's records between members.
    package let nationalNumber: String
    /// On a ledger, if they log in: 32 hexadecimal digits.
    package let ledgerID: String
    let address: PostalAddress
    let phone: String
    /// When their records begin, a working day.
    let recordsBegin: SampleDay
    /// When they end.
    let recordsEnd: SampleDay

    /// Given name and family name.
    package var name: String { "\(given) \(family)" }

    /// Age on the last day of the records.
    package var age: Int { recordsEnd.age(bornOn: birth) }

    /// Where they go first.
    var home: SampleMember { members.contains(.clinic) ? .clinic : .hospital }

    func age(on day: SampleDay) -> Int { day.age(bornOn: birth) }
}

/// Where somebody lives, in a town that does not exist.
struct PostalAddress: Sendable, Hashable {
    let line: String
    let city: String
    let postalCode: String

    var json: JSON {
        [
            "use": "home", "line": [.string(line)], "city": .string(city),
            "postalCode": .string(postalCode),
        ]
    }
}
