import Gateway
import HTTPTypes
import Identity
import LedgerCore
import Testing

/// The whole table of roles and routes, against one that is written out by hand.
@Suite struct PermissionTests {
    /// Who may: `*` anyone, `+` any known person, `k` any known person by their own key, `h` any
    /// role at its member, else initials of roles: a administrator, c registration clerk, p the
    /// other five who treat, u auditor. Patients, who may see their own record, are looked at
    /// apart.
    static let expected: [(route: String, who: String)] = [
        ("GET /livez", "*"),
        ("GET /readyz", "*"),
        ("GET /metrics", "au"),
        ("GET /.well-known/cairn", "*"),
        ("GET /", "+"),
        ("GET /assets/{name}", "*"),
        ("POST /console/session", "*"),
        ("DELETE /console/session", "+"),
        ("POST /console/links", "k"),
        ("GET /patients", "pc"),
        ("GET /patients/{id}", "pc"),
        ("GET /patients/{id}/timeline", "pc"),
        ("GET /patients/{id}/records/{type}/{rid}", "pc"),
        ("GET /patients/{id}/records/{type}/{rid}/proof", "pc"),
        ("GET /patients/{id}/records/{type}/{rid}/files/{n}", "pc"),
        ("GET /patients/{id}/records/{type}/{rid}/files/{n}/proof", "pc"),
        ("GET /network", "+"),
        ("POST /api/v1/tokens", "k"),
        ("GET /api/v1/people", "a"),
        ("GET /api/v1/people/me", "+"),
        ("GET /api/v1/people/{id}", "a"),
        ("POST /api/v1/network/invitations", "ak"),
        ("GET /api/v1/network/requests", "a"),
        ("GET /api/v1/genesis", "+"),
        ("GET /api/v1/ledger/{channel}/head", "+"),
        ("GET /api/v1/ledger/{channel}/contracts", "+"),
        ("GET /api/v1/ledger/{channel}/proposals", "h"),
        ("GET /api/v1/ledger/{channel}/proposals/{id}", "h"),
        ("GET /api/v1/ledger/{channel}/events", "+"),
        ("POST /api/v1/ledger/{channel}/transactions", "h"),
        ("GET /api/v1/ledger/{channel}/transactions/{id}", "aupc"),
        ("GET /api/v1/ledger/{channel}/snapshot", "a"),
        ("GET /api/v1/ledger/{channel}/audit", "au"),
        ("GET /api/v1/ledger/{channel}/transactions/{id}/proof", "aupc"),
        ("GET /api/v1/ledger/{channel}/blocks", "+"),
        ("GET /api/v1/ledger/{channel}/blocks/{block}", "+"),
        ("GET /api/v1/ledger/{channel}/blocks/{block}/transactions", "aupc"),
        ("GET /api/v1/ledger/{channel}/log/checkpoint", "*"),
        ("GET /api/v1/ledger/{channel}/log/checkpoint/{size}", "*"),
        ("GET /api/v1/ledger/{channel}/log/checkpoint/{size}/timestamp", "*"),
        ("GET /api/v1/ledger/{channel}/log/timestamps", "*"),
        ("GET /api/v1/ledger/{channel}/log/tile/entries/{tile...}", "+"),
        ("GET /api/v1/ledger/{channel}/log/tile/{level}/{tile...}", "*"),
        ("GET /api/v1/ledger/{channel}/log/consistency", "*"),
        ("GET /api/v1/ledger/{channel}/log/inclusion", "*"),
        ("POST /api/v1/witness/add-checkpoint", "*"),
        ("GET /api/v1/openapi.json", "*"),
        ("GET /api/v1/ledger/{channel}/state-proof/{kind}/{id}", "aupc"),
        ("GET /api/v1/proofs/{record}", "upc"),
        ("GET /api/v1/proofs/{type}/{id}", "upc"),
        ("GET /fhir/metadata", "*"),
        ("POST /fhir", "pc"),
        ("POST /fhir/Binary", "pc"),
        ("PUT /fhir/Binary/{id}", "pc"),
        ("GET /fhir/Binary/{id}", "pc"),
        ("GET /fhir/Binary/{id}/_history/{vid}", "pc"),
        ("POST /fhir/{type}", "pc"),
        ("GET /fhir/{type}", "pc"),
        ("POST /fhir/{type}/_search", "pc"),
        ("GET /fhir/{type}/{id}", "pc"),
        ("PUT /fhir/{type}/{id}", "pc"),
        ("DELETE /fhir/{type}/{id}", "pc"),
        ("GET /fhir/{type}/{id}/_history", "pc"),
        ("GET /fhir/{type}/{id}/_history/{vid}", "pc"),
    ]

    static let initials: [Role: Character] = [
        .administrator: "a", .auditor: "u", .registrationClerk: "c", .practitioner: "p",
        .nurse: "p", .laboratoryTechnician: "p", .radiographer: "p", .pharmacist: "p",
    ]

    static func isPermitted(_ who: String, _ role: Role, tier: Tier) -> Bool {
        switch who {
        case "*", "+", "h": true
        case "k": tier == .ownKey
        case "ak": tier == .ownKey && role == .administrator
        default: initials[role].map { who.contains($0) } ?? false
        }
    }

    @Test func everyRouteStandsInTheExpectedTable() {
        let routes = RouteTable.routes.map { "\($0.method.rawValue) \($0.pattern)" }
        #expect(routes == Self.expected.map(\.route))
        #expect(Set(RouteTable.routes.map(\.operation)) == Set(Operation.allCases))
        #expect(Role.allCases.count == 13)
    }

    @Test func everyRoleOnEveryRouteUnderEveryCredential() {
        for (route, expectation) in zip(RouteTable.routes, Self.expected) {
            #expect((Permissions.rule(route.operation) == .open) == (expectation.who == "*"))
            for role in Role.allCases {
                for tier in Tier.allCases {
                    let decision = Permissions.decide(
                        route.operation, caller(role, tier), subject: nil, home: home)
                    let permitted = Self.isPermitted(expectation.who, role, tier: tier)
                    #expect(
                        (decision == .permitted) == permitted,
                        "\(expectation.route) \(role) \(tier)")
                }
            }
        }
    }

    @Test func onlyThePersonThemselvesIsOneself() {
        let nurse = caller(.nurse, .bearer)
        #expect(permits(.person, nurse, nurse.person.description))
        #expect(!permits(.person, nurse, identifier(9).description))
        #expect(!permits(.people, nurse, nurse.person.description))
    }

    private func permits(_ operation: Gateway.Operation, _ caller: Caller, _ subject: String?)
        -> Bool
    {
        Permissions.decide(operation, caller, subject: subject, home: home) == .permitted
    }

    /// A role is held at a member: elsewhere it opens what is open to every known person, no more.
    @Test func rolesCountAtTheirMemberAlone() {
        for (route, row) in zip(RouteTable.routes, Self.expected) {
            for role in Role.allCases {
                for tier in Tier.allCases {
                    let decision = Permissions.decide(
                        route.operation, caller(role, tier), subject: nil, home: identifier(7),
                        ownRecords: { ["1"] })
                    let isForAll = row.who == "*" || row.who == "+"
                    let expected = isForAll || (row.who == "k" && tier == .ownKey)
                    #expect((decision == .permitted) == expected, "\(row.route) \(role) \(tier)")
                }
            }
        }
    }

    /// A patient sees their own record and no other, on the console's routes and no others; who is
    /// named in a record without being a patient sees nothing.
    @Test func onlyAPatientSeesTheirOwnRecord() {
        for (route, row) in zip(RouteTable.routes, Self.expected) {
            for role in Role.allCases {
                for subject in ["mine", "other", nil] {
                    let decision = Permissions.decide(
                        route.operation, caller(role, .bound), subject: subject, home: home,
                        ownRecords: { ["mine"] })
                    let isOwn =
                        role == .patient && subject == "mine"
                        && route.pattern.hasPrefix("/patients/{id}")
                    let expected = isOwn || Self.isPermitted(row.who, role, tier: .bound)
                    #expect((decision == .permitted) == expected, "\(row.route) \(role)")
                }
            }
        }
    }

    @Test func whoHoldsNoRoleMayDoNothingThatTakesOne() {
        let nobody = Caller(
            person: identifier(1), member: identifier(2), roles: [], tier: .ownKey, key: nil,
            evidence: .zero)
        for route in RouteTable.routes {
            guard case .roles = Permissions.rule(route.operation) else { continue }
            #expect(!permits(route.operation, nobody, nil))
        }
    }

    @Test(arguments: [
        ("GET", "/fhir/Patient/1", "/fhir/{type}/{id}"),
        ("HEAD", "/fhir/Patient/1", "/fhir/{type}/{id}"),
        ("GET", "/fhir/Binary/1", "/fhir/Binary/{id}"),
        ("GET", "/fhir/Binary", "/fhir/{type}"),
        ("DELETE", "/fhir/Binary/1", "/fhir/{type}/{id}"),
        ("POST", "/fhir/", "/fhir"),
        ("GET", "/", "/"),
        ("GET", "/fhir/metadata", "/fhir/metadata"),
        ("GET", "/api/v1/people/me", "/api/v1/people/me"),
        (
            "GET", "/api/v1/ledger/main/log/tile/0/x001/x234/067.p/8",
            "/api/v1/ledger/{channel}/log/tile/{level}/{tile...}"
        ),
        (
            "GET", "/api/v1/ledger/main/log/tile/entries/000",
            "/api/v1/ledger/{channel}/log/tile/entries/{tile...}"
        ),
    ])
    func pathsLeadToTheirRoute(method: String, path: String, pattern: String) throws {
        let match = RouteTable.match(try #require(HTTPRequest.Method(method)), path: path)
        guard case .found(let route, _) = match else {
            Issue.record("no route")
            return
        }
        #expect(route.pattern == pattern)
    }

    @Test(arguments: [
        "/api/v1/ledger/main/log/tile/0", "", "//", "/fhir//Patient", "/FHIR/Patient",
        "/fhir/Patient/1/2/3/4", "*",
    ])
    func otherPathsLeadNowhere(path: String) {
        guard case .unknown = RouteTable.match(.get, path: path) else {
            Issue.record("a route")
            return
        }
    }

    @Test func otherMethodsNameTheAllowedOnes() {
        guard case .otherMethod(let allowed) = RouteTable.match(.patch, path: "/fhir/Patient/1")
        else {
            Issue.record("not refused")
            return
        }
        #expect(allowed == [.delete, .get, .head, .put])
    }

    private var home: Identifier { identifier(2) }

    private func caller(_ role: Role, _ tier: Tier) -> Caller {
        Caller(
            person: identifier(1), member: identifier(2), roles: [role], tier: tier, key: nil,
            evidence: .zero)
    }

    private func identifier(_ byte: UInt8) -> Identifier {
        var random = Fixed(byte: byte)
        return Identifier(using: &random)
    }

    private struct Fixed: RandomNumberGenerator {
        let byte: UInt8
        mutating func next() -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
    }
}
