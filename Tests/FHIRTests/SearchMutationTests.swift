import FHIR
import TestSupport
import Testing

@Suite struct SearchMutationTests {
    private static let queries = [
        "patient=Patient/1&code=http://loinc.org|8480-6,|x&date=ge2020-01-01&_count=10",
        "_lastUpdated=gt2020-01-01T10:00:00.5%2B01:00&_sort=-_lastUpdated&_summary=count",
        #"name:exact=M%C3%BCller\,%20A&birthdate=lt1980-02&gender:not=male&_id=a,b"#,
        "subject:Patient=1&identifier:missing=true&code=s|&date=ap2024-02-29T23:59Z&_cursor=AQ",
    ].map { Array($0.utf8) }

    /// Whatever stands behind the question mark, the answer is an error or a query.
    @Test func mutatedQueriesAreReadOrRefused() async {
        var read = 0
        let cases = Soak.cases(usual: 4_000, long: 1_000_000, pinned: 41)
        for await item in cases {
            var random = item.random
            let original = Self.queries[item.number % Self.queries.count]
            let text = String(
                decoding: random.mutated(original, changesMax: 4), as: UTF8.self)
            guard let pairs = try? QueryString.pairs(text) else { continue }
            for type in ["Observation", "Patient"]
            where (try? SearchQuery(type: type, parameters: pairs)) != nil {
                read += 1
            }
        }
        #expect(read > cases.count / 100 || cases.areFew)
    }
}
