import Foundation
import Gateway
import HTTPTypes
import Identity
import LedgerCore
import Node
import Testing

/// Every role on every route, over a live socket, with people whom the ledger really knows.
@Suite(.serialized, .sharedServer) struct RoleWalkTests {
    @Test func everyRouteAnswersEveryRoleAsTheTableSays() async throws {
        let server = try SharedServer.server
        for role in Role.allCases {
            let key = WalletKey.generate()
            let person = try await server.enrol(key, roles: [role])
            let token = try server.token(of: person)
            for (route, row) in zip(RouteTable.routes, PermissionTests.expected) {
                // A stream that ends by itself.
                let path =
                    Self.path(route.pattern) + (route.operation == .events ? "?blocks=1" : "")
                let method = route.method.rawValue
                let stranger = try await server.send(method, path, as: TestServer.Credential.none)
                #expect((stranger.status == 401) == (row.who != "*"), "\(row.route)")
                for isSigned in [false, true] {
                    let answer = try await server.send(
                        method, path, as: isSigned ? .wallet(key) : .token(token))
                    let permitted = PermissionTests.isPermitted(
                        row.who, role, tier: isSigned ? .ownKey : .bearer)
                    #expect(answer.status != 401, "\(row.route) \(role)")
                    #expect((answer.status != 403) == permitted, "\(row.route) \(role) \(isSigned)")
                }
            }
        }
    }

    @Test func aRoleThatWasTakenAwayCountsAtOnceForTokensToo() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        let person = try await server.enrol(key, roles: [.nurse])
        let token = try server.token(of: person)
        #expect(try await server.send("GET", "/fhir/Patient", as: .token(token)).status == 200)
        var command = WirePeopleCommand()
        command.revokeRole.person = person.bytes.field
        command.revokeRole.role = Role.nurse.rawValue
        try await server.govern(command)
        #expect(try await server.send("GET", "/fhir/Patient", as: .token(token)).status == 403)
        command = WirePeopleCommand()
        command.revokeKey.person = person.bytes.field
        command.revokeKey.key = key.id.bytes.field
        try await server.govern(command)
        for credential in [TestServer.Credential.token(token), .wallet(key)] {
            let answer = try await server.send("GET", "/api/v1/people/me", as: credential)
            #expect(answer.status == 401)
        }
    }

    @Test func onlyAdministratorsGovernAndOnlyThemselvesWithoutAStamp() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        let nurse = try await server.enrol(key, roles: [.nurse])
        var command = WirePeopleCommand()
        command.grantRole.person = nurse.bytes.field
        command.grantRole.role = Role.auditor.rawValue
        let stamped = try server.item(command, stamped: true)
        let byNurse = try await server.submit(stamped, as: .wallet(key))
        #expect(byNurse.error.hasPrefix("forbidden"))
        let bare = try server.item(command, stamped: false)
        let byToken = try await server.submit(bare, as: .token(try await server.token()))
        #expect(byToken.error.hasPrefix("forbidden"))
    }

    /// Whom a policy asks may hold any role; the stamp must be their own.
    @Test func approvalsTakeNoRoleButTheAuthorsOwnStamp() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        let patient = try await server.enrol(key, roles: [.patient])
        var command = WireApprovalsCommand()
        command.approve.intent = Digest.zero.bytes.field
        var random = SystemRandomNumberGenerator()
        let intent = Intent(
            network: server.node.identity.genesis.digest, channel: CairnNode.channel,
            author: patient, notBeforeMs: server.clock() - 60_000,
            notAfterMs: server.clock() + 60_000, nonce: Identifier(using: &random),
            contract: "approvals", contractVersion: 1, command: Wire.encode(command))
        var item = WireSubmitItem()
        item.intent = intent.bytes.field
        let bare = try await server.submit(item, as: .wallet(key))
        #expect(bare.error.hasPrefix("forbidden"))
        item.stamps = [
            try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: .author, signingWith: key.signingKey
            ).wire
        ]
        let stamped = try await server.submit(item, as: .wallet(key))
        #expect(stamped.error == "")
        #expect(stamped.receipt.refused == "unknown-proposal")
    }

    /// A path of the pattern, with arguments that name nothing.
    private static func path(_ pattern: String) -> String {
        let hex = String(repeating: "0", count: 32)
        return [
            ("{channel}", "main"), ("{record}", hex), ("{type}", "Basic"), ("{vid}", "1"),
            ("{rid}", hex), ("{n}", "0"), ("{name}", "console.css"), ("{block}", "0"),
            ("{size}", "1"), ("{level}", "0"), ("{tile...}", "000"),
            ("{id}", pattern.contains("transactions") ? hex + hex : hex),
        ].reduce(pattern) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}

extension TestServer {
    /// Enrols a person; gives their id.
    func enrol(_ key: WalletKey, roles: [Role]) async throws -> Identifier {
        var random = SystemRandomNumberGenerator()
        let person = Identifier(using: &random)
        var command = WirePeopleCommand()
        command.enrol.person.id = person.bytes.field
        command.enrol.person.member = node.identity.member.bytes.field
        command.enrol.person.keys = [try key.signingKey.publicKey().wire]
        command.enrol.person.roles = roles.map(\.rawValue).sorted()
        try await govern(command)
        return person
    }

    /// A token as the node would issue it.
    func token(of person: Identifier) throws -> String {
        let identity = node.identity
        return try TokenIssuer(
            privateKey: identity.keys.token, network: identity.genesis.digest, node: identity.node
        ).issue(
            person: person, member: identity.member, audience: "cairn/node/\(identity.node)",
            nowMs: Int64(clock()))
    }

    /// Hands in a command of the people contract, stamped by the administrator.
    func govern(_ command: WirePeopleCommand) async throws {
        let result = try await submit(try item(command, stamped: true), as: own)
        #expect(result.error == "")
        #expect(result.receipt.refused == "")
    }

    func item(_ command: WirePeopleCommand, stamped: Bool) throws -> WireSubmitItem {
        var random = SystemRandomNumberGenerator()
        let intent = Intent(
            network: node.identity.genesis.digest, channel: CairnNode.channel,
            author: wallet.person, notBeforeMs: clock() - 60_000, notAfterMs: clock() + 60_000,
            nonce: Identifier(using: &random), contract: "people", contractVersion: 1,
            command: Wire.encode(command))
        var item = WireSubmitItem()
        item.intent = intent.bytes.field
        if stamped {
            item.stamps = [
                try EStamp(
                    intent: Intent.id(of: intent.bytes), purpose: .author,
                    signingWith: wallet.defaultKey.signingKey
                ).wire
            ]
        }
        return item
    }

    func submit(_ item: WireSubmitItem, as credential: Credential) async throws -> WireSubmitResult
    {
        var request = WireSubmitRequest()
        request.items = [item]
        let answer = try await send(
            "POST", "/api/v1/ledger/main/transactions", as: credential,
            headers: [("content-type", "application/x-protobuf")], body: Wire.encode(request))
        let response = try Wire.decode(
            WireSubmitResponse.self, from: answer.body, what: "response", limitBytes: 1 << 20)
        return try #require(response.results.first)
    }
}
