package import HTTPTypes

/// Every route of the gateway, once. What is not listed here does not exist.
package enum RouteTable {
    /// Where two patterns fit a path, the first one with the method counts.
    package static let routes: [Route] = [
        Route(.get, "/livez", .livez),
        Route(.get, "/readyz", .readyz),
        Route(.get, "/metrics", .metrics),
        Route(.get, "/.well-known/cairn", .discovery),

        Route(.get, "/", .home),
        Route(.get, "/assets/{name}", .asset),
        Route(.post, "/console/session", .openSession),
        Route(.delete, "/console/session", .closeSession),
        Route(.post, "/console/links", .makeLink),
        Route(.get, "/patients", .findPatients),
        Route(.get, "/patients/{id}", .patientPage),
        Route(.get, "/patients/{id}/timeline", .patientTimeline),
        Route(.get, "/patients/{id}/records/{type}/{rid}", .patientRecord),
        Route(.get, "/patients/{id}/records/{type}/{rid}/proof", .patientProof),
        Route(.get, "/patients/{id}/records/{type}/{rid}/files/{n}", .patientFile),
        Route(.get, "/patients/{id}/records/{type}/{rid}/files/{n}/proof", .patientFileProof),
        Route(.get, "/network", .network),

        Route(.post, "/api/v1/tokens", .issueToken),
        Route(.get, "/api/v1/people", .people),
        Route(.get, "/api/v1/people/me", .oneself),
        Route(.get, "/api/v1/people/{id}", .person),

        Route(.post, "/api/v1/network/invitations", .invite),
        Route(.get, "/api/v1/network/requests", .joinRequests),

        Route(.get, "/api/v1/genesis", .genesis),
        Route(.get, "/api/v1/ledger/{channel}/head", .head),
        Route(.get, "/api/v1/ledger/{channel}/contracts", .contracts),
        Route(.get, "/api/v1/ledger/{channel}/proposals", .proposals),
        Route(.get, "/api/v1/ledger/{channel}/proposals/{id}", .proposal),
        Route(.get, "/api/v1/ledger/{channel}/events", .events),
        Route(.post, "/api/v1/ledger/{channel}/transactions", .submit),
        Route(.get, "/api/v1/ledger/{channel}/transactions/{id}", .transaction),
        Route(.get, "/api/v1/ledger/{channel}/snapshot", .snapshot),
        Route(.get, "/api/v1/ledger/{channel}/audit", .audit),
        Route(.get, "/api/v1/ledger/{channel}/transactions/{id}/proof", .transactionProof),
        Route(.get, "/api/v1/ledger/{channel}/blocks", .blocks),
        Route(.get, "/api/v1/ledger/{channel}/blocks/{block}", .block),
        Route(.get, "/api/v1/ledger/{channel}/blocks/{block}/transactions", .blockTransactions),
        Route(.get, "/api/v1/ledger/{channel}/log/checkpoint", .logCheckpoint),
        Route(.get, "/api/v1/ledger/{channel}/log/checkpoint/{size}", .stampedCheckpoint),
        Route(.get, "/api/v1/ledger/{channel}/log/checkpoint/{size}/timestamp", .timestamp),
        Route(.get, "/api/v1/ledger/{channel}/log/timestamps", .logTimestamps),
        Route(.get, "/api/v1/ledger/{channel}/log/tile/entries/{tile...}", .logEntries),
        Route(.get, "/api/v1/ledger/{channel}/log/tile/{level}/{tile...}", .logTile),
        Route(.get, "/api/v1/ledger/{channel}/log/consistency", .logConsistency),
        Route(.get, "/api/v1/ledger/{channel}/log/inclusion", .logInclusion),
        Route(.post, "/api/v1/witness/add-checkpoint", .addCheckpoint),
        Route(.get, "/api/v1/openapi.json", .openAPI),
        Route(.get, "/api/v1/ledger/{channel}/state-proof/{kind}/{id}", .stateProof),
        Route(.get, "/api/v1/proofs/{record}", .proofOfRecord),
        Route(.get, "/api/v1/proofs/{type}/{id}", .proofOfResource),

        Route(.get, "/fhir/metadata", .capabilities),
        Route(.post, "/fhir", .bundle),
        Route(.post, "/fhir/Binary", .createBinary),
        Route(.put, "/fhir/Binary/{id}", .updateBinary),
        Route(.get, "/fhir/Binary/{id}", .readBinary),
        Route(.get, "/fhir/Binary/{id}/_history/{vid}", .vreadBinary),
        Route(.post, "/fhir/{type}", .create),
        Route(.get, "/fhir/{type}", .search),
        Route(.post, "/fhir/{type}/_search", .searchForm),
        Route(.get, "/fhir/{type}/{id}", .read),
        Route(.put, "/fhir/{type}/{id}", .update),
        Route(.delete, "/fhir/{type}/{id}", .delete),
        Route(.get, "/fhir/{type}/{id}/_history", .history),
        Route(.get, "/fhir/{type}/{id}/_history/{vid}", .vread),
    ]

    /// What a method and a path lead to.
    package enum Match: Sendable {
        case found(Route, arguments: [String])
        /// The path exists, for these methods.
        case otherMethod(allowed: [HTTPRequest.Method])
        case unknown
    }

    /// Finds the route. HEAD goes where GET goes.
    ///
    /// - Parameter path: without the query. Segments are compared as sent: no id or name of ours
    ///   needs percent-encoding, so that one resource has one path.
    package static func match(_ method: HTTPRequest.Method, path: String) -> Match {
        guard let segments = segments(path) else { return .unknown }
        let sought = method == .head ? HTTPRequest.Method.get : method
        var allowed = [HTTPRequest.Method]()
        for route in routes {
            guard let arguments = route.match(segments) else { continue }
            if route.method == sought { return .found(route, arguments: arguments) }
            if !allowed.contains(route.method) { allowed.append(route.method) }
        }
        guard !allowed.isEmpty else { return .unknown }
        if allowed.contains(.get) { allowed.append(.head) }
        return .otherMethod(allowed: allowed.sorted { $0.rawValue < $1.rawValue })
    }

    /// The segments of an absolute path; one slash at the end is let pass, as FHIR clients send it.
    private static func segments(_ path: String) -> [String]? {
        var bytes = path.utf8[...]
        guard bytes.popFirst() == UInt8(ascii: "/") else { return nil }
        if bytes.isEmpty { return [] }
        if bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty) else { return nil }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
