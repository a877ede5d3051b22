package meta

// statements lists every query, so that all are prepared when the database is
// opened: inside a transaction it would be too late, because preparing asks for a
// connection, and the transaction may hold the last one. A test compares the list
// with the source.
func statements() []string {
	return []string{
		qAddBlob, qAddSetting, qAdvanceUpload, qBlobHome, qCountUploads, qCountUsers, qCreateManifest,
		qCreateOrg, qCreateOwner, qCreatePackage, qCreateToken, qCreateUpload, qCreateUser, qDoomKey,
		qDropEmptyPackages, qDropManifest, qDropSigningKeys, qDropTag, qDropTagsOf, qDropUpload,
		qFindBlob, qForgetKey, qGetBlob, qGetBlobUser, qGetBody, qGetCredential, qGetOwner, qGetParent, qGetSetting,
		qGetTokenCredential, qGetUpload, qGetUser, qHoldBlob, qLinkBlob, qListDoomedKeys, qListPackages,
		qListReferrers, qListSigningKeys, qListTags, qListTypedReferrers, qLockBlob, qLockManifest,
		qPublishPackage, qPutBlobRef, qPutChild, qPutMember, qPutPassword, qPutSetting, qPutSigningKey,
		qPutTag, qPutUserRole, qPutVisibility, qRefoldTags, qRekeyUpload, qReplaceBlob, qResolveTag, qStaleUploads,
		qStanding, qStatManifest, qUnlinkBlob,
	}
}
