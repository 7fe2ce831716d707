"use strict";

/**
 * What a platform team asks of every resource of a type, whoever made it: the files of this repository, a plugin, or osls. In place of a
 * line beside each, which the next role or function would be without.
 */
function applyPlatform(template, { permissionsBoundaryArn }) {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === "AWS::IAM::Role" && permissionsBoundaryArn)
      Properties.PermissionsBoundary = permissionsBoundaryArn;
  }
}

module.exports = { applyPlatform };
