import FHIR
package import LedgerCore

/// A member that knocked and waits to be admitted.
package struct JoinRequest: Sendable {
    package let member: Identifier
    package let name: String
    /// SHA-256 of its authority's certificate, in hexadecimal.
    package let authorityFingerprint: String
    /// Digest of the secret of the invitation that it came with, in hexadecimal.
    package let invitation: String
    /// The command of the members contract that admits it.
    package let command: [UInt8]
}

extension CairnHTTPClient {
    /// Asks the node for an invitation.
    package func invite() async throws -> (url: String, invitation: Invitation, expiresMs: Int) {
        let answer = try await send(ClientRequest(.post, "/api/v1/network/invitations"))
        guard let root = try? JSONDocument(parsing: answer.body).root,
            let url = root["url"]?.string,
            let invitation = root["invitation"]?.string.flatMap({ Invitation(text: $0) })
        else { throw ClientError.unexpected(what: "it holds no invitation") }
        return (url, invitation, root["expiresMs"]?.numberText.flatMap { Int($0) } ?? 0)
    }

    /// The members that wait to be admitted.
    package func joinRequests() async throws -> [JoinRequest] {
        let answer = try await send(ClientRequest(.get, "/api/v1/network/requests"))
        guard let root = try? JSONDocument(parsing: answer.body).root,
            let requests = root["requests"]
        else { throw ClientError.unexpected(what: "it holds no requests") }
        return try requests.elements.map { entry in
            guard let member = entry["member"]?.string.flatMap({ Identifier(hex: $0) }),
                let admit = entry["admit"]?.string.flatMap({ Base64.decode($0) }),
                let decoded = try? Wire.decode(
                    WireAdmitMember.self, from: admit, what: "request",
                    limitBytes: WireLimit.intentBytes),
                [UInt8](decoded.member.id) == member.bytes
            else { throw ClientError.unexpected(what: "a request to join is malformed") }
            // What is shown is what is stamped, not what the node says beside it.
            var command = WireMembersCommand()
            command.admit = decoded
            return JoinRequest(
                member: member, name: decoded.member.name,
                authorityFingerprint: Digest.sha256([UInt8](decoded.member.authority)).description,
                invitation: entry["invitation"]?.string ?? "", command: Wire.encode(command))
        }
    }
}
