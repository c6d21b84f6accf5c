"""Routes of Shared Workplace, below /webapp/."""

from __future__ import annotations

from django.urls import path

from swp.views import administrators, assigning, assignments, browsing, directories, orphans

app_name = "swp"
urlpatterns = [
    path("linked-directories/", directories.directory_list, name="directory_list"),
    path("linked-directories/new/", directories.directory_create, name="directory_create"),
    path("linked-directories/test/", directories.directory_try, name="directory_try"),
    path("linked-directories/resolve/", directories.controllers_resolve, name="controllers_resolve"),
    path("linked-directories/certificates/", directories.certificates_read, name="certificates_read"),
    path("linked-directories/settings/", directories.settings_edit, name="settings_edit"),
    path("linked-directories/administrators/", administrators.administrator_list, name="administrator_list"),
    path(
        "linked-directories/administrators/import/", administrators.administrators_import, name="administrators_import"
    ),
    path(
        "linked-directories/administrators/find/",
        administrators.administrator_candidates,
        name="administrator_candidates",
    ),
    path("linked-directories/administrators/<int:pk>/", administrators.administrator_edit, name="administrator_edit"),
    path(
        "linked-directories/administrators/<int:pk>/remove/",
        administrators.administrator_remove,
        name="administrator_remove",
    ),
    path("linked-directories/<int:pk>/", directories.directory_edit, name="directory_edit"),
    path("linked-directories/<int:pk>/test/", directories.directory_test, name="directory_test"),
    path("linked-directories/<int:pk>/remove/", directories.directory_remove, name="directory_remove"),
    path("linked-directories/<int:pk>/menu/", directories.directory_menu, name="directory_menu"),
    path("shared-workplace/", browsing.directories, name="users"),
    path("shared-workplace/assign/", assigning.assign, name="assign"),
    path("shared-workplace/assign/candidates/", assigning.assign_candidates, name="assign_candidates"),
    path("shared-workplace/assign/reach/", assigning.assign_reach, name="assign_reach"),
    path("shared-workplace/assignments/remove/", assignments.assignment_remove, name="assignment_remove"),
    path("shared-workplace/assignments/restore/", assignments.assignments_restore, name="assignments_restore"),
    path("shared-workplace/orphans/", orphans.orphan_list, name="orphans"),
    path("shared-workplace/orphans/check/", orphans.orphans_check, name="orphans_check"),
    path("shared-workplace/orphans/clean/", orphans.orphans_clean, name="orphans_clean"),
    path("shared-workplace/<int:pk>/sign-in/", browsing.directory_sign_in, name="sign_in"),
    path("shared-workplace/<int:pk>/sign-out/", browsing.directory_sign_out, name="sign_out"),
    path("shared-workplace/<int:pk>/<slug:at>/", browsing.object_page, name="object"),
    path("shared-workplace/<int:pk>/<slug:at>/contents/", browsing.contents, name="contents"),
    path("shared-workplace/<int:pk>/<slug:at>/more/", browsing.contents_more, name="contents_more"),
    path("shared-workplace/<int:pk>/<slug:at>/assigned/", assignments.assigned_for_object, name="assigned"),
    path("shared-workplace/<int:pk>/<slug:at>/menu/", browsing.object_menu, name="object_menu"),
    path("profiles/<int:pk>/users/", assignments.users_of_profile, name="users_of_profile"),
]
