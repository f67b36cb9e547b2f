use strict;
use warnings;

use ExtUtils::Manifest qw(maniread);
use File::Find qw(find);
use Test::More;

# What is made here and not shipped.
my $made = qr{^(?:blib/|pm_to_blib$|Makefile(?:\.old)?$|MYMETA\.|PoD\.(?:bs|c|o)$|_eumm/)};

my @files;
find({ no_chdir => 1, wanted => sub { push @files, substr $_, 2 if -f } }, '.');
@files = sort grep { $_ !~ $made } @files;
is_deeply([sort keys %{ maniread() }], \@files, 'MANIFEST lists every file, and no other');

# A test that is not run, or a module that no test loads, is easily forgotten.
my @modules = map { my ($name) = m{^lib/(.*)\.pm$}; $name ? join '::', split m{/}, $name : () } @files;
foreach my $module (@modules) {
    ok(eval "require $module; 1", "$module loads") or diag($@);
    no strict 'refs';
    is(${"${module}::VERSION"} || AliEn::PoD->VERSION, AliEn::PoD->VERSION, '... and is of one version');
}

done_testing;
