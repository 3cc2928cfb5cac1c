import FHIR

/// Text to entries: what every write does before anything is sealed.
enum FHIRCases {
    static func all() throws -> [Case] {
        let observation = Array(Samples.observation(7).utf8)
        let bundle = Array(Samples.bundle.utf8)
        let parsed = try JSONDocument(parsing: observation).root
        let validator = ResourceValidator()
        try Expect.that(validator.validate(parsed).isEmpty, "the observation is valid")
        let patient = try JSONDocument(parsing: Samples.patient).root
        return [
            Case(
                "parse JSON, observation", bytes: observation.count, bound: .copy(observation.count)
            ) {
                keep(try JSONDocument(parsing: observation))
            },
            Case("parse JSON, bundle of 200", bytes: bundle.count, bound: .copy(bundle.count)) {
                keep(try JSONDocument(parsing: bundle))
            },
            Case("validate, observation", bytes: observation.count, bound: .copy(observation.count))
            {
                keep(validator.validate(parsed))
            },
            Case("search entries, observation", bound: .copy(observation.count)) {
                keep(SearchIndexer.entries(of: parsed))
            },
            Case("search entries, patient", bound: .copy(Samples.patient.utf8.count)) {
                keep(SearchIndexer.entries(of: patient))
            },
        ]
    }
}
