import FHIR
import Foundation
import Testing

@testable import SampleData

/// What the tests ask of a sample.
enum Sampling {
    /// All uploads of the member in the order in which they are loaded.
    static func uploads(
        _ population: SamplePopulation, _ member: SampleMember
    ) -> [SampleUpload] {
        let records = (0..<population.patients).flatMap { population.patient($0).records }
            .filter { $0.member == member }
        return ([population.foundation(of: member)] + records.flatMap(\.uploads))
            .sorted { $0.name < $1.name }
    }

    /// Entries of one patient at one member.
    static func entries(
        _ patient: SamplePatient, _ member: SampleMember
    ) -> [SampleEntry] {
        patient.records.filter { $0.member == member }.flatMap(\.uploads).flatMap(\.entries)
    }

    /// FNV-1a (RFC 9923): no protection, only a notice that something differs.
    static func digest(_ uploads: [SampleUpload]) -> UInt64 {
        uploads.reduce(0xcbf2_9ce4_8422_2325) { digest, upload in
            (Array(upload.name.utf8) + upload.bundle).reduce(digest) {
                ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
            }
        }
    }

    static func digest(_ population: SamplePopulation) -> UInt64 {
        SampleMember.allCases.reduce(0) { $0 &* 31 &+ digest(uploads(population, $1)) }
    }
}

extension SampleEntry {
    /// The resource as FHIR reads it.
    var document: JSONView {
        get throws { try JSONDocument(parsing: bytes).root }
    }

    /// A member that is a string, by its path; numbers choose elements.
    func text(_ path: String...) throws -> String? {
        var place: JSONView? = try document
        for part in path {
            guard let number = Int(part) else {
                place = place?[part]
                continue
            }
            let elements = place.map { Array($0.elements) } ?? []
            place = elements.indices.contains(number) ? elements[number] : nil
        }
        return place?.string
    }

    /// The bytes that a Binary carries.
    var content: [UInt8] {
        get throws {
            let text = try #require(try text("data"))
            return [UInt8](try #require(Data(base64Encoded: text)))
        }
    }
}
