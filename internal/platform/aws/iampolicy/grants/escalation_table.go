package grants

// path is a known way to rights that were not granted, by one identity alone. Its name is its actions.
type path struct {
	// actions are all needed, separated by spaces. Where iam:PassRole is among them, it is the one that decides what is
	// gained, so that it has to reach roles of any name, and the others anything at all. Where it is not, each has to
	// reach things of any name, or what the identity itself hangs on.
	actions string
	// to are the services that may use the role, without ".amazonaws.com". One of them has to be allowed where the
	// policy says which services a role may be passed to.
	to string
	// makes says that the identity makes what it then uses, so that a name is no limit.
	makes bool
	// bounded says that the path is one only for an identity that has a boundary.
	bounded bool
	why     string
}

// Reasons that many paths share. Each is a sentence that goes on after the actions.
const (
	whyRun      = "runs code of its own choice with a role that is passed to it, and so with all that the most powerful such role may do"
	whyExisting = "takes over what already runs with a role, and so whatever that role may do"
	whyOwn      = "writes its own permissions"
	whyOther    = "signs in as another user, and so with all that the most powerful user may do"
)

// iamPaths change IAM itself, or who is who. The first 21 methods are those of Rhino Security Labs, 2018 ("AWS IAM
// Privilege Escalation – Methods and Mitigation"), the later ones those of pathfinding.cloud, Prowler and HackTricks.
var iamPaths = []path{
	{actions: "iam:CreatePolicyVersion", why: "rewrites a managed policy, its own among them, and makes that the default"},
	{actions: "iam:SetDefaultPolicyVersion", why: "brings back an older version of a managed policy that allowed more"},
	{actions: "iam:AttachUserPolicy", why: "attaches any managed policy to a user, AdministratorAccess among them"},
	{actions: "iam:AttachGroupPolicy", why: "attaches any managed policy to a group that it is in"},
	{actions: "iam:AttachRolePolicy", why: "attaches any managed policy to a role, AdministratorAccess among them"},
	{actions: "iam:PutUserPolicy", why: whyOwn + " into an inline policy of a user"},
	{actions: "iam:PutGroupPolicy", why: whyOwn + " into an inline policy of a group that it is in"},
	{actions: "iam:PutRolePolicy", why: whyOwn + " into an inline policy of a role"},
	{actions: "iam:AddUserToGroup", why: "joins the group that allows most"},
	{actions: "iam:CreateAccessKey", why: whyOther},
	{actions: "iam:CreateLoginProfile", why: whyOther},
	{actions: "iam:UpdateLoginProfile", why: whyOther},
	{actions: "iam:UpdateAssumeRolePolicy", why: "lets itself into any role"},
	{actions: "iam:UpdateSAMLProvider", why: "puts its own keys into an identity provider, and signs in as anybody whom that provider lets in"},
	{actions: "iam:CreateRole iam:AttachRolePolicy", makes: true, why: "makes a role that trusts it and has any managed policy"},
	{actions: "iam:CreateRole iam:PutRolePolicy", makes: true, why: "makes a role that trusts it and may do anything"},
	{actions: "iam:CreateUser iam:AttachUserPolicy iam:CreateAccessKey", makes: true, why: "makes a user with a key and any managed policy"},
	{actions: "iam:CreateUser iam:PutUserPolicy iam:CreateAccessKey", makes: true, why: "makes a user with a key who may do anything"},
	{actions: "iam:DeleteRolePermissionsBoundary", bounded: true, why: "takes off the boundary that holds it"},
	{actions: "iam:PutRolePermissionsBoundary", bounded: true, why: "replaces the boundary that holds it"},
	{actions: "iam:DeleteUserPermissionsBoundary", bounded: true, why: "takes off the boundary that holds it"},
	{actions: "iam:PutUserPermissionsBoundary", bounded: true, why: "replaces the boundary that holds it"},
	{actions: "sts:AssumeRole", why: "becomes any role that trusts the account"},
	{actions: "sso:PutInlinePolicyToPermissionSet", why: whyOwn + " into a permission set of IAM Identity Center"},
	{actions: "sso:AttachManagedPolicyToPermissionSet", why: "attaches any managed policy to a permission set of IAM Identity Center"},
	{actions: "sso:AttachCustomerManagedPolicyReferenceToPermissionSet", why: "attaches any managed policy to a permission set of IAM Identity Center"},
	{actions: "sso:CreateAccountAssignment", why: "assigns itself the permission set of IAM Identity Center that allows most"},
	{actions: "identitystore:CreateGroupMembership", why: "joins the group of IAM Identity Center that allows most"},
}

// takeovers reach a role by what already runs with it.
var takeovers = []path{
	{actions: "lambda:UpdateFunctionCode", why: whyExisting},
	{actions: "lambda:UpdateFunctionConfiguration", why: whyExisting + ", by a layer or a variable that the function loads"},
	{actions: "glue:UpdateDevEndpoint", why: whyExisting},
	{actions: "cloudformation:UpdateStack", why: whyExisting},
	{actions: "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet", why: whyExisting},
	{actions: "codebuild:StartBuild", why: whyExisting + ", since a build can bring its own build specification"},
	{actions: "codebuild:StartBuildBatch", why: whyExisting + ", since a build can bring its own build specification"},
	{actions: "codedeploy:CreateDeployment", why: whyExisting},
	{actions: "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances", why: whyExisting + ", by user data that runs at the next start"},
	{actions: "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate", why: whyExisting + ", by the template that new instances start from"},
	{actions: "ec2-instance-connect:SendSSHPublicKey", why: whyExisting},
	{actions: "ec2-instance-connect:SendSerialConsoleSSHPublicKey", why: whyExisting},
	{actions: "ecs:ExecuteCommand", why: whyExisting},
	{actions: "apprunner:UpdateService", why: whyExisting},
	{actions: "sagemaker:CreatePresignedNotebookInstanceUrl", why: whyExisting},
	{actions: "sagemaker:CreatePresignedDomainUrl", why: whyExisting},
	{actions: "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance", why: whyExisting},
	{actions: "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter", why: whyExisting},
	{actions: "ssm:StartSession", why: whyExisting},
	{actions: "ssm:SendCommand", why: whyExisting},
	{actions: "ssm:CreateAssociation", why: whyExisting},
	{actions: "states:UpdateStateMachine states:StartExecution", why: whyExisting},
}
