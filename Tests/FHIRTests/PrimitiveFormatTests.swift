import FHIR
import Testing

@Suite struct PrimitiveFormatTests {
    /// Whether an extension with this value is valid.
    private func isValid(_ type: String, _ json: String) -> Bool {
        let text =
            #"{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"u:x","value\#(type)":\#(json)}]}"#
        return ResourceValidator().validate(bytes: Array(text.utf8)).isEmpty
    }

    @Test(
        arguments: [
            ("Boolean", ["true", "false"], ["\"true\"", "1", "null"]),
            (
                "Integer", ["0", "-1", "2147483647", "-2147483648"],
                ["2147483648", "-2147483649", "1.0", "1e2", "-0", "\"1\"", "99999999999999999999"]
            ),
            ("UnsignedInt", ["0", "2147483647"], ["-1", "2147483648"]),
            ("PositiveInt", ["1"], ["0", "-1"]),
            ("Decimal", ["0", "1.00", "-1.5e-3", "1E2"], ["\"1.0\""]),
            ("String", ["\"x\"", "\" \"", "\"a\\nb\\tc\\r\""], ["\"\"", "\"a\\u0000\"", "1"]),
            ("Markdown", ["\"# x\""], ["\"\""]),
            ("Code", ["\"a\"", "\"a b\"", "\"<=\""], ["\"\"", "\" a\"", "\"a \"", "\"a  b\""]),
            (
                "Id", ["\"A-1.b\"", "\"\(String(repeating: "a", count: 64))\""],
                ["\"\"", "\"a_b\"", "\"a b\"", "\"\(String(repeating: "a", count: 65))\""]
            ),
            ("Uri", ["\"urn:x\"", "\"http://a/é\""], ["\"\"", "\"a b\"", "\"a\\nb\""]),
            ("Url", ["\"http://a\""], ["\" http://a\""]),
            ("Canonical", ["\"http://a|1#x\""], ["\"a b\""]),
            (
                "Oid", ["\"urn:oid:1.2.3\"", "\"urn:oid:2.16.840.0\""],
                [
                    "\"1.2.3\"", "\"urn:oid:3.1\"", "\"urn:oid:1\"", "\"urn:oid:1.02\"",
                    "\"urn:oid:1.\"",
                ]
            ),
            (
                "Uuid", ["\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""],
                [
                    "\"c757873d-ec9a-4326-a141-556f43239520\"",
                    "\"urn:uuid:C757873D-ec9a-4326-a141-556f43239520\"",
                    "\"urn:uuid:c757873dec9a4326a141556f43239520\"",
                ]
            ),
            (
                "Date",
                ["\"2020\"", "\"2020-02\"", "\"2020-02-29\"", "\"0001-01-01\"", "\"9999-12-31\""],
                [
                    "\"2021-02-29\"", "\"2020-13\"", "\"2020-00\"", "\"0000\"", "\"20\"",
                    "\"2020-1-1\"",
                    "\"2020-01-01T00:00:00Z\"", "\"2020-04-31\"", "\"2020-01-00\"", "\"\"",
                ]
            ),
            (
                "DateTime",
                [
                    "\"2020\"", "\"2020-02-29\"", "\"2020-01-01T23:59:60Z\"",
                    "\"2020-01-01T00:00:00.123456789+14:00\"", "\"2020-01-01T00:00:00-05:30\"",
                ],
                [
                    "\"2020-01-01T00:00Z\"", "\"2020-01-01T00:00:00\"", "\"2020-01-01T24:00:00Z\"",
                    "\"2020-01-01T00:00:00+14:30\"", "\"2020-01-01 00:00:00Z\"",
                    "\"2020-01-01T00:00:00.Z\"", "\"2020-01-01T00:00:00ZZ\"",
                ]
            ),
            (
                "Instant", ["\"2020-01-01T00:00:00Z\"", "\"2020-01-01T00:00:00.1+01:00\""],
                ["\"2020-01-01\"", "\"2020-01-01T00:00:00\""]
            ),
            (
                "Time", ["\"00:00:00\"", "\"23:59:59.5\""],
                ["\"24:00:00\"", "\"00:00\"", "\"00:00:00Z\""]
            ),
            (
                "Base64Binary", ["\"AAAA\"", "\"AA==\"", "\"AA A=\\n\""],
                ["\"\"", "\"AAA\"", "\"A===\"", "\"=AAA\"", "\"AA=A\"", "\"%%%%\""]
            ),
        ] as [(String, [String], [String])])
    func followsTheLexicalRules(_ type: String, valid: [String], invalid: [String]) {
        for json in valid { #expect(isValid(type, json), "\(type) \(json)") }
        for json in invalid { #expect(!isValid(type, json), "\(type) \(json)") }
    }

    @Test func boundsStrings() {
        let limit = 1 << 20
        #expect(isValid("String", "\"\(String(repeating: "a", count: limit))\""))
        #expect(!isValid("String", "\"\(String(repeating: "a", count: limit + 1))\""))
    }
}
