package import LedgerCore
import Storage

/// What the console asks for: everything about one patient, whatever its type.
extension Records {
    /// The system of the identifier by which a Patient names the person on the ledger whose own
    /// record it is; its value is that person's id.
    package static let personSystem = "urn:cairn:person"

    /// The patients that are a person's own record at this member: several, where one was
    /// registered twice.
    package func patients(ofPerson person: Identifier) throws -> [VersionRow] {
        try resources("Patient", ofPerson: person)
    }

    /// The resources of a type that say of themselves that they are this person.
    package func resources(_ type: String, ofPerson person: Identifier) throws -> [VersionRow] {
        let own = IndexClause.token(
            parameter: "identifier",
            anyOf: [.exact(system: Records.personSystem, code: "\(person)")])
        return try index.rows(IndexQuery(type: type, clauses: [own], limit: 8))
    }

    /// The newest, not deleted versions of one type in a patient's compartment, oldest record
    /// first.
    ///
    /// - Parameter patient: the record of the Patient.
    package func versions(
        ofPatient patient: Identifier, type: String, atMost limit: Int
    ) throws -> [VersionRow] {
        try index.rows(IndexQuery(type: type, clauses: try clauses(patient), limit: limit))
    }

    private func clauses(_ patient: Identifier) throws -> [IndexClause] {
        [.subject(anyOf: try index.subject(of: patient).map { [$0] } ?? [])]
    }

    /// The same, of those that changed last.
    package func newest(
        ofPatient patient: Identifier, type: String, atMost limit: Int
    ) throws -> [VersionRow] {
        try index.rows(
            IndexQuery(
                type: type, clauses: try clauses(patient), sort: .lastUpdatedDescending,
                limit: limit))
    }

    /// The newest version of a resource in a patient's compartment.
    ///
    /// - Throws: `notFound` also where it is another patient's: whether it exists is not said.
    package func row(ofPatient patient: Identifier, type: String, id: String) throws -> VersionRow {
        guard let row = try index.current(type: type, fhirID: id),
            let subject = try index.subject(of: row.record),
            try subject == index.subject(of: patient)
        else { throw NodeError(.notFound, "this patient has no \(type) with this id") }
        guard !row.deleted else {
            throw NodeError(.gone, "this \(type) was deleted", hint: "its versions are kept")
        }
        return row
    }

    /// The versions of a record with the transactions that wrote them, newest first.
    package func ledgerHistory(of record: Identifier) throws -> [(row: VersionRow, place: Place)] {
        try index.places(of: record)
    }

    /// Opens a version that a look-up gave.
    package func opened(_ row: VersionRow) throws -> StoredVersion { try open(row) }

    /// Where a version stands on the ledger.
    package struct Place: Sendable {
        package let transaction: Digest
        package let height: UInt64
    }
}
