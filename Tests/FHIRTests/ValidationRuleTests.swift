import FHIR
import Testing

@Suite struct ValidationRuleTests {
    private func issues(_ json: String, _ type: String? = nil) -> [FHIR.Issue] {
        ResourceValidator().validate(bytes: Array(json.utf8), expectedType: type)
    }

    @Test(arguments: [
        #"[]"#, #"{}"#, #"{"resourceType":7}"#, #"{"resourceType":"Patent"}"#,
        #"{"resourceType":"DomainResource"}"#, #"{"resourceType":"HumanName"}"#, #"{"#, "",
        #"{"resourceType":"Observation"}"#,
    ])
    func tellsWhatIsNoPatientAtAll(_ json: String) {
        let found = issues(json, "Patient")
        #expect(found.count == 1)
        #expect(found.first?.isStructural == true)
    }

    @Test(arguments: [
        #"{"resourceType":"Patient"}"#,
        #"{"resourceType":"Patient","deceasedBoolean":false,"_birthDate":{"extension":[{"url":"u:x","valueCode":"x"}]}}"#,
        #"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x"}]}]}"#,
        #"{"resourceType":"Patient","name":[{"given":[null],"_given":[{"extension":[{"url":"u:x","valueCode":"x"}]}]}]}"#,
        ##"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}],"managingOrganization":{"reference":"#o"}}"##,
        #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class='a'>x &amp; &#233;<br/></p><!-- c --></div>"}}"#,
        #"{"resourceType":"Patient","generalPractitioner":[{"reference":"Practitioner?identifier=a|b"},{"reference":"urn:uuid:0"},{"reference":"https://x.org/fhir/Practitioner/1"}]}"#,
        #"{"resourceType":"Condition","subject":{"reference":"Patient/1/_history/2"},"clinicalStatus":{"coding":[{"system":"x:y","code":"z"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#,
        #"{"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","valueInteger":-2147483648}]}]}"#,
        #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]}"#,
        #"{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"1.1","type":"display"}]}]}"#,
    ])
    func accepts(_ json: String) {
        #expect(issues(json) == [])
    }

    @Test(arguments: [
        (#"{"resourceType":"Patient","foo":1}"#, "Patient", FHIR.Issue.Code.invalid),
        (#"{"resourceType":"Patient","name":[{"nickname":"x"}]}"#, "Patient.name[0]", .invalid),
        (#"{"resourceType":"Patient","name":{"family":"x"}}"#, "Patient.name", .invalid),
        (#"{"resourceType":"Patient","birthDate":["2020"]}"#, "Patient.birthDate", .invalid),
        (#"{"resourceType":"Patient","name":[]}"#, "Patient.name", .invalid),
        (#"{"resourceType":"Patient","name":[{}]}"#, "Patient.name[0]", .invariant),
        (#"{"resourceType":"Patient","name":[{"id":"x"}]}"#, "Patient.name[0]", .invariant),
        (#"{"resourceType":"Patient","name":["x"]}"#, "Patient.name[0]", .value),
        (#"{"resourceType":"Patient","active":"true"}"#, "Patient.active", .value),
        (#"{"resourceType":"Patient","active":null}"#, "Patient.active", .value),
        (#"{"resourceType":"Patient","gender":"man"}"#, "Patient.gender", .codeInvalid),
        (#"{"resourceType":"Patient","_name":[{"id":"x"}]}"#, "Patient", .invalid),
        (
            #"{"resourceType":"Patient","name":[{"given":[null]}]}"#, "Patient.name[0].given[0]",
            .invalid
        ),
        (
            #"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[{"id":"x"}]}]}"#,
            "Patient.name[0].given[1]", .invalid
        ),
        (
            #"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#,
            "Patient.deceased", .invalid
        ),
        (#"{"resourceType":"Patient","deceasedString":"x"}"#, "Patient", .invalid),
        (#"{"resourceType":"Patient","link":[{"type":"refer"}]}"#, "Patient.link[0]", .required),
        (
            #"{"resourceType":"Patient","extension":[{"valueCode":"x"}]}"#, "Patient.extension[0]",
            .required
        ),
        (
            #"{"resourceType":"Patient","extension":[{"url":"u:x"}]}"#, "Patient.extension[0]",
            .invariant
        ),
        (
            #"{"resourceType":"Patient","extension":[{"url":"u:x","valueCode":"x","extension":[{"url":"y","valueCode":"z"}]}]}"#,
            "Patient.extension[0]", .invariant
        ),
        (
            #"{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}"#,
            "Patient.managingOrganization", .value
        ),
        (
            #"{"resourceType":"Patient","managingOrganization":{"reference":"Organisation/1"}}"#,
            "Patient.managingOrganization", .value
        ),
        (
            #"{"resourceType":"Patient","managingOrganization":{"reference":"Organization/a_b"}}"#,
            "Patient.managingOrganization", .value
        ),
        (
            ##"{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}"##,
            "Patient.managingOrganization", .invariant
        ),
        (
            #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","contained":[{"resourceType":"Patient"}]}]}"#,
            "Patient.contained[0]", .invariant
        ),
        (
            #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","meta":{"versionId":"1"}}]}"#,
            "Patient.contained[0]", .invariant
        ),
        (
            #"{"resourceType":"Patient","contained":[{"resourceType":"X"}]}"#,
            "Patient.contained[0]", .invalid
        ),
        (
            #"{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"text":"x"}}"#,
            "Condition.clinicalStatus", .codeInvalid
        ),
        (
            #"{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"coding":[{"code":"active"}]}}"#,
            "Condition.clinicalStatus", .codeInvalid
        ),
        (#"{"resourceType":"Condition"}"#, "Condition", .required),
        (
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"component":[{"valueString":"x"}]}"#,
            "Observation.component[0]", .required
        ),
        (
            #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"_"}}]}"#,
            "Bundle.entry[0].resource.id", .value
        ),
    ])
    func refuses(_ json: String, at path: String, as code: FHIR.Issue.Code) {
        let found = issues(json)
        #expect(found.map(\.expression) == [path])
        #expect(found.map(\.code) == [code])
        #expect(found.allSatisfy { $0.isError && !$0.isStructural })
    }

    @Test(arguments: [
        (#"{"resourceType":"Observation"}"#, "Patient", "is an Observation, the request wants"),
        (#"{"resourceType":"Patient","nickname":1}"#, "Patient", "no such element: nickname (at"),
        (#"{"resourceType":"Patient","_nick":{}}"#, "Patient", "no such element: nick (at"),
        (#"{"resourceType":"Patient","Ada Byron":1}"#, "Patient", "no such element (at byte 26)"),
        (#"{"resourceType":"Patient","":1}"#, "Patient", "no such element (at byte 26)"),
        (
            #"{"resourceType":"Patient","managingOrganization":{"reference":"Encounter/1"}}"#,
            "Patient", "points to an Encounter; allowed"
        ),
    ])
    func saysWhatIsWrong(_ json: String, _ type: String, _ words: String) {
        let found = issues(json, type)
        #expect(found.count == 1)
        #expect(found.first?.diagnostics.contains(words) == true, "\(found)")
    }

    @Test func boundsTheNumberOfIssues() {
        let bad = Array(repeating: #"{"foo":1}"#, count: 500).joined(separator: ",")
        let found = issues(#"{"resourceType":"Patient","name":[\#(bad)]}"#)
        #expect(found.count == ResourceValidator.issuesMax)
    }

    @Test func neverQuotesValues() {
        let found = issues(
            #"{"resourceType":"Patient","secret-1":1,"gender":"secret-2","birthDate":"secret-3","id":"_secret-4","managingOrganization":{"reference":"secret-5 "}}"#
        )
        #expect(found.count == 5)
        #expect(found.allSatisfy { !$0.diagnostics.contains("secret") })
        #expect(found.allSatisfy { !($0.expression ?? "").contains("secret") })
    }

    @Test(arguments: [
        "<p>x</p>", "<div>x", "<div>x</div><div>y</div>", "<div>x</div>y", "<div> </div>", "<div/>",
        "<div><script>x</script></div>", "<div><p onclick='x'>y</p></div>", "<div><b>x</div></b>",
        "<div><a href='javascript:x'>y</a></div>", "<div><a href=' java&#115;cript:x'>y</a></div>",
        "<div>&nbsp;x</div>", "<div>x & y</div>", "<div>x < y</div>", "<div a>x</div>",
        "<div a='1'b='2'>x</div>", "<div><!-- x</div>", "<!DOCTYPE x><div>x</div>",
        "<div><![CDATA[x]]></div>", "x", "<div><iframe src='x'/>y</div>",
    ])
    func refusesNarrative(_ div: String) {
        var writer = JSONWriter()
        writer.string(div)
        let text = String(decoding: writer.bytes, as: UTF8.self)
        let found = issues(
            #"{"resourceType":"Patient","text":{"status":"generated","div":\#(text)}}"#)
        #expect(found.map(\.expression) == ["Patient.text.div"])
    }
}
