/// What is measured on: made here, the same in every run.
enum Samples {
    static let patient = """
        {"resourceType":"Patient","identifier":[{"system":"urn:bench","value":"1"}],"name":\
        [{"use":"official","family":"Bench","given":["Ada","Maria"]}],"telecom":[{"system":"phone",\
        "value":"555-0100"}],"gender":"female","birthDate":"1950-03-07","address":[{"line":\
        ["1 Hill Street"],"city":"Bath","postalCode":"BA1","country":"GB"}]}
        """

    /// As long as a vital sign of Synthea's.
    static func observation(_ number: Int) -> String {
        let value = 60 + number % 60
        return """
            {"resourceType":"Observation","status":"final","category":[{"coding":[{"system":\
            "http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs",\
            "display":"Vital signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":\
            "8867-4","display":"Heart rate"}],"text":"Heart rate"},"subject":{"reference":\
            "Patient/0123456789abcdef"},"encounter":{"reference":"Encounter/fedcba9876543210"},\
            "effectiveDateTime":"2025-04-17T08:15:00+00:00","issued":\
            "2025-04-17T08:15:30.000+00:00","valueQuantity":{"value":\(value).50,"unit":"/min",\
            "system":"http://unitsofmeasure.org","code":"/min"}}
            """
    }

    static let bundle: String = {
        let entries = (0..<200).map { number in
            #"{"resource":\#(observation(number)),"#
                + #""request":{"method":"POST","url":"Observation"}}"#
        }
        return #"{"resourceType":"Bundle","type":"transaction","entry":["#
            + entries.joined(separator: ",") + "]}"
    }()
}
