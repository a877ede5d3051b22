package webui

import (
	"slices"
)

// table lists every page. The first one that fits a path counts, so that those of our
// own come before the ones of owners and packages, which may be called nearly anything.
func (u *UI) table() []route {
	return slices.Concat(
		u.siteRoutes(), u.signInRoutes(), u.settingsRoutes(), u.tokenRoutes(), u.securityRoutes(), u.adminRoutes(), u.findRoutes(),
		u.forgeRoutes(),
		u.ownerListRoutes(), u.repositoryRoutes(), u.teamRoutes(), u.peopleRoutes(), u.serviceAccountRoutes(), u.orgSettingsRoutes(), u.webhookRoutes(),
		u.packageSettingsRoutes(), u.packageRoutes(),
	)
}

// siteRoutes are about the site.
func (u *UI) siteRoutes() []route {
	return []route{
		{method: "GET", path: "/", handle: u.getFront},
		{method: "GET", path: "/assets/{file}", handle: u.getAsset},
		{method: "POST", path: "/-/theme", handle: u.postTheme},
		{method: "GET", path: "/-/start", handle: u.getStart},
		{method: "POST", path: "/-/start", handle: signed(u.postStart)},
		{method: "GET", path: "/-/start/arrived", handle: signed(u.getArrived)},
	}
}

// signInRoutes are about signing in, and joining.
func (u *UI) signInRoutes() []route {
	return []route{
		{method: "GET", path: "/login", handle: u.getLogin},
		{method: "POST", path: "/login", handle: u.postLogin},
		{method: "POST", path: "/logout", handle: u.postLogout},
		{method: "GET", path: "/login/oidc/{provider}", handle: u.getProvider},
		{method: "GET", path: "/login/oidc/{provider}/callback", handle: u.getCallback},
		{method: "GET", path: "/login/cli", handle: u.getCLI},
		{method: "POST", path: "/login/cli", handle: u.postCLI},
		{method: "POST", path: cliTokenPath, handle: u.postCLIToken},
		{method: "GET", path: "/join", handle: u.getJoin},
		{method: "POST", path: "/join", handle: u.postJoin},
		{method: "GET", path: "/join/{code}", handle: u.getJoin},
		{method: "POST", path: "/join/{code}", handle: u.postJoin},
	}
}

// settingsRoutes are about one's own account.
func (u *UI) settingsRoutes() []route {
	return []route{
		{method: "GET", path: "/settings", handle: signed(u.getProfile)},
		{method: "POST", path: "/settings", handle: u.sureIf(widens, u.postProfile)},
		{method: "POST", path: "/settings/name", handle: u.sure(u.postName)},
		{method: "GET", path: "/settings/sessions", handle: signed(u.getSessions)},
		{method: "POST", path: "/settings/sessions/end-others", handle: signed(u.postEndOthers)},
		{method: "POST", path: "/settings/sessions/{id}/end", handle: signed(u.postEndSession)},
		{method: "GET", path: "/settings/orgs", handle: signed(u.getOrgs)},
		{method: "POST", path: "/settings/orgs", handle: signed(u.postOrgs)},
		{method: "POST", path: "/settings/orgs/{owner}/leave", handle: u.sure(u.postLeave)},
	}
}

// tokenRoutes are about one's own access tokens.
func (u *UI) tokenRoutes() []route {
	return []route{
		{method: "GET", path: "/settings/tokens", handle: signed(u.getTokens)},
		{method: "GET", path: "/settings/tokens/new", handle: signed(u.getNewToken)},
		{method: "GET", path: "/settings/tokens/made", handle: signed(u.getTokenMade)},
		{method: "POST", path: "/settings/tokens/new", handle: u.sureIf(mighty, u.postNewToken)},
		{method: "POST", path: "/settings/tokens/{id}/revoke", handle: signed(u.postRevoke)},
	}
}

// securityRoutes are about how one signs in.
func (u *UI) securityRoutes() []route {
	return []route{
		{method: "GET", path: "/settings/security", handle: signed(u.getSecurity)},
		{method: "POST", path: "/settings/security/password", handle: signed(u.postPassword)},
		{method: "POST", path: "/settings/security/factor", handle: signed(u.postFactor)},
		{method: "POST", path: "/settings/security/factor/confirm", handle: signed(u.postConfirmFactor)},
		{method: "POST", path: "/settings/security/factor/codes", handle: signed(u.postRecoveryCodes)},
		{method: "POST", path: "/settings/security/factor/off", handle: signed(u.postFactorOff)},
		{method: "POST", path: "/settings/security/identities/unlink", handle: u.sure(u.postUnlinkIdentity)},
	}
}

// adminRoutes are for those who administer the registry.
func (u *UI) adminRoutes() []route {
	// What gives or takes rights, or cannot be undone, asks for the password again.
	sure := func(h handler) handler { return administering(u.sure(h)) }
	return []route{
		{method: "GET", path: "/-/admin", handle: administering(u.getOverview)},
		{method: "GET", path: "/-/admin/users", handle: administering(u.getUsers)},
		{method: "GET", path: "/-/admin/new-user", handle: administering(u.getNewUser)},
		{method: "POST", path: "/-/admin/new-user", handle: sure(u.postNewUser)},
		{method: "GET", path: "/-/admin/users/{user}", handle: administering(u.getUser)},
		{method: "POST", path: "/-/admin/users/{user}/blocked", handle: sure(u.postBlocked)},
		{method: "POST", path: "/-/admin/users/{user}/admin", handle: sure(u.postAdmin)},
		{method: "POST", path: "/-/admin/users/{user}/second-factor", handle: sure(u.postResetFactor)},
		{method: "POST", path: "/-/admin/users/{user}/password", handle: sure(u.postUserPassword)},
		{method: "POST", path: "/-/admin/users/{user}/name", handle: sure(u.postUserName)},
		{method: "POST", path: "/-/admin/users/{user}/quota", handle: sure(u.postUserQuota)},
		{method: "POST", path: "/-/admin/users/{user}/delete", handle: sure(u.postDeleteUser)},
		{method: "GET", path: "/-/admin/invitations", handle: administering(u.getSiteInvitations)},
		{method: "POST", path: "/-/admin/invitations", handle: sure(u.postSiteInvitations)},
		{method: "POST", path: "/-/admin/invitations/{id}/drop", handle: administering(u.postDropSiteInvitation)},
		{method: "GET", path: "/-/admin/orgs", handle: administering(u.getAllOrgs)},
		{method: "POST", path: "/-/admin/orgs", handle: administering(u.postAllOrgs)},
		{method: "GET", path: "/-/admin/packages", handle: administering(u.getTypes)},
		{method: "POST", path: "/-/admin/packages/{type}", handle: sure(u.postType)},
		{method: "GET", path: "/-/admin/quotas", handle: administering(u.getQuotas)},
		{method: "POST", path: "/-/admin/quotas", handle: sure(u.postDefaultQuota)},
		{method: "POST", path: "/-/admin/quotas/{owner}", handle: sure(u.postQuota)},
		{method: "GET", path: "/-/admin/audit", handle: administering(u.getAudit)},
		{method: "GET", path: "/-/admin/doctor", handle: administering(u.getDoctor)},
		{method: "GET", path: "/-/admin/jobs", handle: administering(u.getJobs)},
		{method: "POST", path: "/-/admin/jobs", handle: administering(u.postJobs)},
	}
}

// findRoutes are about what is looked for on the whole site.
func (u *UI) findRoutes() []route {
	return []route{
		{method: "GET", path: "/search", handle: u.getSearch},
		{method: "GET", path: "/-/suggest", handle: u.getSuggest},
	}
}

// ownerListRoutes are about what is found by an owner or across owners.
func (u *UI) ownerListRoutes() []route {
	return []route{
		{method: "GET", path: "/{owner}", handle: u.of(u.getOwner)},
		{method: "GET", path: "/{owner}/-/trash", handle: u.of(u.getOwnerTrash)},
		{method: "POST", path: "/{owner}/-/trash", handle: u.of(u.postOwnerTrash)},
	}
}

// repositoryRoutes are about the records of source repositories.
func (u *UI) repositoryRoutes() []route {
	const one = "/{owner}/-/repositories/{repository}"
	return []route{
		{method: "GET", path: "/{owner}/-/repositories", handle: u.of(u.getRepositories)},
		{method: "GET", path: "/{owner}/-/new-repository", handle: signed(u.of(u.getNewRepository))},
		{method: "POST", path: "/{owner}/-/new-repository", handle: u.sure(u.of(u.postNewRepository))},
		{method: "GET", path: one, handle: u.in(u.getRepository)},
		{method: "GET", path: one + "/packages", handle: u.in(u.getLinked)},
		{method: "GET", path: one + "/collaborators", handle: u.in(u.getCollaborators)},
		{method: "POST", path: one + "/collaborators", handle: u.sure(u.in(u.postCollaborator))},
		{method: "POST", path: one + "/collaborators/remove", handle: u.sure(u.in(u.postDropCollaborator))},
		{method: "GET", path: one + "/settings", handle: u.in(u.getRepositorySettings)},
		{method: "POST", path: one + "/settings", handle: u.sure(u.in(u.postRepositorySettings))},
		{method: "POST", path: one + "/readme", handle: signed(u.in(u.postReadme)), limit: maxReadmeForm},
		{method: "POST", path: one + "/delete", handle: u.sure(u.in(u.postDeleteRepository))},
	}
}

// teamRoutes are about the teams of organizations.
func (u *UI) teamRoutes() []route {
	const one = "/{owner}/-/teams/{team}"
	return []route{
		{method: "GET", path: "/{owner}/-/teams", handle: u.org(u.getTeams)},
		{method: "POST", path: "/{owner}/-/teams", handle: u.org(u.postTeam)},
		{method: "GET", path: one, handle: u.org(u.getTeam)},
		{method: "POST", path: one + "/members", handle: u.sure(u.org(u.postTeamMember))},
		{method: "POST", path: one + "/members/remove", handle: u.sure(u.org(u.postDropTeamMember))},
		{method: "POST", path: one + "/delete", handle: u.sure(u.org(u.postDeleteTeam))},
	}
}

// peopleRoutes are about the members of organizations, and who is to become one.
func (u *UI) peopleRoutes() []route {
	const at = "/{owner}/-/people"
	return []route{
		{method: "GET", path: at, handle: u.org(u.getPeople)},
		{method: "POST", path: at, handle: u.sure(u.org(u.postMember))},
		{method: "POST", path: at + "/remove", handle: u.sure(u.org(u.postDropMember))},
		{method: "GET", path: at + "/invitations", handle: u.org(u.getInvitations)},
		{method: "POST", path: at + "/invitations", handle: u.sure(u.org(u.postInvitation))},
		{method: "POST", path: at + "/invitations/drop", handle: u.org(u.postDropInvitation)},
	}
}

// serviceAccountRoutes are about the accounts for programs that organizations have.
func (u *UI) serviceAccountRoutes() []route {
	const at = "/{owner}/-/people/service-accounts"
	return []route{
		{method: "GET", path: at, handle: u.org(u.getServiceAccounts)},
		{method: "POST", path: at, handle: u.org(u.postServiceAccount)},
		{method: "GET", path: at + "/{account}", handle: u.org(u.getServiceAccount)},
		{method: "POST", path: at + "/{account}/tokens", handle: u.sure(u.org(u.postServiceToken))},
		{method: "POST", path: at + "/{account}/revoke", handle: u.org(u.postRevokeServiceToken)},
		{method: "POST", path: at + "/{account}/delete", handle: u.sure(u.org(u.postDeleteServiceAccount))},
	}
}

// orgSettingsRoutes are about what owners of organizations set, and what is kept of an
// owner.
func (u *UI) orgSettingsRoutes() []route {
	const at = "/{owner}/-/settings"
	return []route{
		{method: "GET", path: at, handle: u.of(u.getOrgSettings)},
		{method: "POST", path: at, handle: u.sure(u.org(u.postOrgSettings))},
		{method: "POST", path: at + "/rename", handle: u.sure(u.org(u.postRenameOrg))},
		{method: "POST", path: at + "/delete", handle: u.sure(u.org(u.postDeleteOrg))},
		{method: "GET", path: at + "/names", handle: u.of(u.getNames)},
		{method: "POST", path: at + "/names", handle: u.sure(u.of(u.postFreeName))},
		{method: "GET", path: at + "/audit", handle: u.of(u.getOwnerLog)},
	}
}

// webhookRoutes are about the webhooks of owners and of repositories.
func (u *UI) webhookRoutes() []route {
	return slices.Concat(
		u.webhooksAt("/{owner}/-/settings/webhooks", u.ofOwner),
		u.webhooksAt("/{owner}/-/repositories/{repository}/webhooks", u.ofRepository),
	)
}

func (u *UI) webhooksAt(at string, wrap func(webhookHandler) handler) []route {
	one := at + "/{hook}"
	return []route{
		{method: "GET", path: at, handle: wrap(u.getWebhooks)},
		{method: "POST", path: at, handle: u.sure(wrap(u.postWebhook))},
		{method: "GET", path: one, handle: wrap(u.getWebhook)},
		{method: "POST", path: one, handle: u.sure(wrap(u.postWebhookChange))},
		{method: "POST", path: one + "/ping", handle: signed(wrap(u.postWebhookPing))},
		{method: "POST", path: one + "/delete", handle: u.sure(wrap(u.postDeleteWebhook))},
		{method: "GET", path: one + "/deliveries/{delivery}", handle: wrap(u.getDelivery)},
		{method: "POST", path: one + "/deliveries/{delivery}", handle: signed(wrap(u.postRedeliver))},
	}
}

// packageSettingsRoutes are the settings of a package, and those of all packages of an
// owner.
func (u *UI) packageSettingsRoutes() []route {
	const one, whole = "/{owner}/{path...}/-/settings", "/{owner}/-/settings"
	list := []route{
		{method: "GET", path: one, handle: signed(u.onPackage(u.getSettings))},
		{method: "POST", path: one + "/visibility", handle: u.sureIf(widens, u.onPackage(u.postVisibility))},
		{method: "POST", path: one + "/repository", handle: u.sure(u.onPackage(u.postLink))},
		{method: "POST", path: one + "/unlink", handle: u.sure(u.onPackage(u.postUnlink))},
		{method: "POST", path: one + "/inherit", handle: u.sure(u.onPackage(u.postInherit))},
		{method: "POST", path: one + "/delete", handle: u.sure(u.onPackage(u.postDeletePackage))},
		{method: "GET", path: one + "/access", handle: signed(u.onPackage(u.getAccess))},
		{method: "POST", path: one + "/access", handle: u.sure(u.onPackage(u.postRole))},
		{method: "POST", path: one + "/access/remove", handle: u.sure(u.onPackage(u.postDropRole))},
		{method: "GET", path: one + "/names", handle: signed(u.onPackage(u.getPackageNames))},
		{method: "POST", path: one + "/names/drop", handle: u.sure(u.onPackage(u.postDropName))},
		{method: "POST", path: one + "/move", handle: u.sure(u.onPackage(u.postMove))},
	}
	for _, of := range []struct {
		at string
		on func(keptHandler) handler
	}{{one, u.onKeptPackage}, {whole, onKeptOwner}} {
		at, on := of.at, of.on
		list = append(list,
			route{method: "GET", path: at + "/tags", handle: signed(on(u.getTagRules))},
			route{method: "POST", path: at + "/tags", handle: u.sure(on(u.postTagRule))},
			route{method: "POST", path: at + "/tags/delete", handle: u.sure(on(u.postDropTagRule))},
			route{method: "GET", path: at + "/retention", handle: signed(on(u.getRetention))},
			route{method: "POST", path: at + "/retention", handle: u.sure(on(u.postRetention))},
			route{method: "POST", path: at + "/retention/preview", handle: signed(on(u.postPreview))},
			route{method: "POST", path: at + "/retention/delete", handle: u.sure(on(u.postDropRetention))},
		)
	}
	return list
}

// packageRoutes are the pages of a package. They come last, for they take nearly any
// path.
func (u *UI) packageRoutes() []route {
	const one = "/{owner}/{path...}"
	return []route{
		{method: "GET", path: one + "/-/attachments/{digest}", handle: u.onPackage(u.getAttachment)},
		{method: "GET", path: one + "/-/raw/{digest}", handle: u.onPackage(u.getRaw)},
		{method: "GET", path: one + "/-/tags", handle: u.onPackage(u.getTags)},
		{method: "POST", path: one + "/-/tags/delete", handle: u.sure(u.onPackage(u.postUntag))},
		{method: "GET", path: one + "/-/versions", handle: u.onPackage(u.getVersions)},
		{method: "GET", path: one + "/-/versions/delete", handle: signed(u.onPackage(u.getDeleteVersions))},
		{method: "POST", path: one + "/-/versions/delete", handle: u.sure(u.onPackage(u.postDeleteVersions))},
		{method: "GET", path: one + "/-/trash", handle: signed(u.onPackage(u.getTrash))},
		{method: "POST", path: one + "/-/trash", handle: signed(u.onPackage(u.postRestore))},
		{method: "GET", path: one + "/-/compare", handle: u.onPackage(u.getCompare)},
		{method: "GET", path: one + "/-/versions/{id}", handle: u.onPackage(u.getVersionByID)},
		{method: "GET", path: one, handle: u.onPackage(u.getImage)},
	}
}
