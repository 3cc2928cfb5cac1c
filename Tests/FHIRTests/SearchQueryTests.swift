import FHIR
import Testing

@Suite struct SearchQueryTests {
    private func query(_ text: String, _ type: String = "Observation") throws -> SearchQuery {
        try SearchQuery(type: type, parameters: QueryString.pairs(text))
    }

    @Test func decodesQueryStrings() throws {
        let pairs = try QueryString.pairs("a=b%20c+d&e&&f=%C3%A9%3D=&g=")
        #expect(pairs.map(\.name) == ["a", "e", "f", "g"])
        #expect(pairs.map(\.value) == ["b c d", "", "é==", ""])
        for bad in ["a=%", "a=%1", "a=%zz", "%g=1"] {
            #expect(throws: QueryString.Failure.badEscape) { try QueryString.pairs(bad) }
        }
        #expect(throws: QueryString.Failure.invalidUTF8) { try QueryString.pairs("a=%FF") }
        let many = Array(repeating: "a=1", count: 201).joined(separator: "&")
        #expect(throws: QueryString.Failure.tooManyPairs) { try QueryString.pairs(many) }
    }

    @Test(
        arguments: [
            ("code=a", [SearchTerm.code("a")]),
            ("code=s|a,b", [.systemAndCode(system: "s", code: "a"), .code("b")]),
            ("code=|a", [.codeWithoutSystem("a")]),
            ("code=s|", [.system("s")]),
            (#"code=a\,b\|c\$d\\"#, [.code(#"a,b|c$d\"#)]),
            ("code:not=a", [.code("a")]),
            ("code:missing=true", [.missing(true)]),
            ("patient=1", [.reference(type: "Patient", id: "1")]),
            ("patient=Patient/1", [.reference(type: "Patient", id: "1")]),
            ("subject=1", [.reference(type: nil, id: "1")]),
            ("subject:Patient=1", [.reference(type: "Patient", id: "1")]),
            ("subject:Patient=Patient/1", [.reference(type: "Patient", id: "1")]),
            ("subject=http://x/Patient/1", [.referenceURL("http://x/Patient/1")]),
            ("_id=a,b", [.id("a"), .id("b")]),
            ("date=ge2020", [.date(.ge, lowMs: 1_577_836_800_000, highMs: 1_609_459_199_999)]),
            (
                "date=2020-01-01T00:00Z",
                [.date(.eq, lowMs: 1_577_836_800_000, highMs: 1_577_836_859_999)]
            ),
            (
                "_lastUpdated=gt2020-01-01",
                [.date(.gt, lowMs: 1_577_836_800_000, highMs: 1_577_923_199_999)]
            ),
        ] as [(String, [SearchTerm])])
    func readsTerms(_ text: String, _ terms: [SearchTerm]) throws {
        #expect(try query(text).criteria.map(\.terms) == [terms])
    }

    @Test func readsTheAnswersControls() throws {
        let found = try query(
            "_count=10&_total=accurate&_sort=-_lastUpdated&_cursor=abc&_format=json&_summary=count")
        #expect(found.count == 10)
        #expect(found.total == "accurate")
        #expect(found.sort == .lastUpdatedDescending)
        #expect(found.cursor == "abc")
        #expect(found.summaryCount)
        #expect(found.criteria == [])
        #expect(try query("").count == SearchQuery.countDefault)
        let names = try query("name:exact=É&name:contains=x", "Patient")
        #expect(names.criteria.map(\.modifier) == [.exact, .contains])
        #expect(names.canonicalCriteria == "name:contains=x&name:exact=É")
    }

    @Test(arguments: [
        "foo=1", "name=x", "code:exact=a", "code:text=a", "code:=a", "subject:Foo=1",
        "subject:identifier=a", "patient:Patient.name=x", "_id:missing=true", "date=xx2020",
        "date=2020-13", "date=", "date=ge", "code=", "code=a,", "code=|", "code=a|b|c",
        "patient=Group/", "patient=a_b", "subject:Patient=Group/1", "code:missing=maybe",
        "_count=-1", "_count=1001", "_count=x", "_count=+5", "_sort=date", "_summary=text",
        "_format=xml", "_total=maybe", "_count=1&_count=2", "_include=x", "_id=a b", "_has:x=1",
    ])
    func refuses(_ text: String) throws {
        let name = String(text.prefix { $0 != "=" })
        #expect {
            try query(text)
        } throws: { error in
            guard let error = error as? SearchError else { return false }
            return error.parameter == name && error.diagnostics.contains(name)
                && error.issue.isError
        }
    }

    @Test func neverQuotesValuesOrOddNames() throws {
        for text in ["date=secret", "secret%20name=1", "_count=secret"] {
            #expect {
                try query(text)
            } throws: { error in
                !((error as? SearchError)?.diagnostics ?? "secret").contains("secret")
            }
        }
        #expect(throws: SearchError.self) { try query("", "Patent") }
    }

    @Test func canonicalCriteriaTellQueriesApart() throws {
        let two = try query("code=1&date=2020")
        #expect(two.canonicalCriteria == (try query("date=2020&code=1&_count=3")).canonicalCriteria)
        #expect(two.canonicalCriteria != (try query("code=1%26date=2020")).canonicalCriteria)
    }

    @Test func matchesWhatTheSpecificationSays() throws {
        let json = #"""
            {"resourceType":"Patient","identifier":[{"system":"s","value":"1"}],
            "name":[{"family":"Müller"}],"gender":"male","birthDate":"1980-02-10"}
            """#
        let entries = SearchIndexer.entries(of: try JSONDocument(parsing: json).root)
        let hits = [
            "identifier=1", "identifier=s|1", "identifier=s|", "identifier=2,1", "name=mul",
            "name=MÜLL", "name:contains=ller", "name:exact=Müller", "gender=male",
            "gender=http://hl7.org/fhir/administrative-gender|male", "gender:not=female",
            "birthdate=1980", "birthdate=1980-02-10", "birthdate=ge1980-02-10",
            "birthdate=lt1981", "birthdate=ne1981", "birthdate=eb1981", "birthdate=sa1979",
            "birthdate=le1980-02-10", "birthdate=ap1980", "name:missing=false",
        ]
        let misses = [
            "identifier=s|2", "identifier=|1", "name=ller", "name:exact=müller", "gender=female",
            "gender:not=male", "birthdate=1981", "birthdate=gt1980-02-10", "birthdate=lt1980",
            "birthdate=sa1980", "birthdate=ne1980", "name:missing=true",
        ]
        for text in hits {
            #expect(
                try query(text, "Patient").criteria.allSatisfy { $0.matches(entries) }, "\(text)")
        }
        for text in misses {
            #expect(
                try !query(text, "Patient").criteria.allSatisfy { $0.matches(entries) }, "\(text)")
        }
    }
}
